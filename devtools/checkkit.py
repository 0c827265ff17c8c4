# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Functions of the check-*.py scripts: list the project's files, parse C, report problems."""

import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]

# Comments, strings and characters of C; the one that begins first matches.
_TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def git(root, *argv):
    """The output of git, or None without git or a repository."""
    try:
        done = subprocess.run(['git', '-C', str(root), *argv], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return done.stdout.decode('utf-8', 'replace') if done.returncode == 0 else None


def files(root):
    """Paths of all plain files of the project, relative to ROOT, sorted."""
    listed = git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
    if listed is None:
        paths = [path.relative_to(root) for path in root.rglob('*')]
        paths = [path for path in paths if not path.parts[0].startswith(('build', '.git'))]
    else:
        paths = [pathlib.Path(name) for name in listed.split('\0') if name]
    return sorted(path for path in paths
                  if (root / path).is_file() and not (root / path).is_symlink())


def read(path):
    """The text of a file of the project."""
    return (SOURCE / path).read_text(encoding='utf-8')


def flat(text):
    """Text with every run of white space made one blank."""
    return ' '.join(text.split())


def _blank(text):
    return re.sub(r'[^\n]', ' ', text)


def without_comments(text):
    """C without comments; lines and columns do not change."""
    return _TOKENS.sub(lambda match: _blank(match[0]) if match[0][0] == '/' else match[0], text)


def without_literals(text):
    """C without comments, strings and characters; lines and columns do not change."""
    return _TOKENS.sub(lambda match: _blank(match[0]), text)


def line_of(text, offset):
    """Number of the line at an offset."""
    return text.count('\n', 0, offset) + 1


def report(name, problems):
    """Print "file:line: what" for each problem; returns the exit status."""
    for path, line, what in problems:
        print(f'{path}:{line}: {what}')
    if problems:
        print(f'{name}: {len(problems)} problems', file=sys.stderr)
    return 1 if problems else 0


def main(name, self_test, check):
    """Check the project; --self-test: the check. Both return problems; returns the exit status."""
    if sys.argv[1:] not in ([], ['--self-test']):
        sys.exit(f'usage: {sys.argv[0]} [--self-test]')
    # The self-test is fast, so every run includes it.
    problems = list(self_test())
    if not sys.argv[1:]:
        problems += check()
    return report(name, problems)
