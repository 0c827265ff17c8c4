# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Archives in the "newc" cpio format that the kernel unpacks as an initrd."""

import os
import pathlib
import stat

ALIGN = 512


class Archive:
    """A cpio archive being written to a file; everything in it belongs to root."""

    def __init__(self, path):
        self._file = open(path, 'wb')
        self._inode = 0
        self._folders = {''}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._entry('TRAILER!!!', 0, b'')
        self._pad(ALIGN)
        self._file.close()

    def _pad(self, boundary):
        self._file.write(b'\0' * (-self._file.tell() % boundary))

    def _entry(self, name, mode, data):
        self._inode += 1
        encoded = os.fsencode(name) + b'\0'
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        self._file.write(b'070701' + b''.join(b'%08X' % field for field in fields) + encoded)
        self._pad(4)
        self._file.write(data)
        self._pad(4)

    def _parents(self, name):
        folder = os.path.dirname(name)
        if folder not in self._folders:
            self._parents(folder)
            self._folders.add(folder)
            self._entry(folder, stat.S_IFDIR | 0o755, b'')

    def folder(self, name):
        """Add an empty folder."""
        self._parents(name + '/')

    def data(self, name, data, mode=0o644):
        """Add a file with these bytes."""
        self._parents(name)
        self._entry(name, stat.S_IFREG | mode, data)

    def file(self, name, source, mode=None):
        """Add a copy of the host's file or symlink SOURCE."""
        source = pathlib.Path(source)
        status = source.lstat()
        if stat.S_ISLNK(status.st_mode):
            self._parents(name)
            self._entry(name, stat.S_IFLNK | 0o777, os.fsencode(os.readlink(source)))
        else:
            self.data(name, source.read_bytes(), mode or stat.S_IMODE(status.st_mode))

    def tree(self, prefix, source):
        """Add all files below the host's folder SOURCE, under PREFIX."""
        source = pathlib.Path(source)
        for path in sorted(source.rglob('*')):
            if path.is_symlink() or path.is_file():
                self.file(f'{prefix}/{path.relative_to(source)}', path)
