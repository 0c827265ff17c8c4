# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""What guest scripts print of the kernel's own view, for tests to judge by.

The scripts source tests/lab/guest/oracle.sh.  Nothing here shares code with the
project that is tested.
"""

import re

# An event of the IOMMU: what it did, first address, address behind the last.
EVENT = re.compile(r' (map|unmap): IOMMU: iova=0x([0-9a-f]+) - 0x([0-9a-f]+)')


def sections(text):
    """The parts of a script's output by name; each begins with "@@ NAME"."""
    parts = re.split(r'^@@ (\w+)\n', text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def holes(parts):
    """First and last address of what the kernel reserves and host bridges decode."""
    found = [(int(first, 16), int(last, 16)) for first, last, word in
             (line.split() for line in parts['reserved'].splitlines())
             if word != 'direct-relaxable']
    found += [tuple(int(word, 16) for word in line.split(' : ')[0].strip().split('-'))
              for line in parts['iomem'].splitlines()]
    return found
