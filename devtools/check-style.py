#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the form of the source: tags, lengths, white space, words, commit subjects.

A file of more than 350 lines is a warning on stderr, one of more than 500 an error.
CONTRIBUTING.md explains the rules.
"""

import ast
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

FILE_WARN, FILE_MAX, FUNCTION_MAX = 350, 500, 60
SUBJECT_MAX = 60
AREAS = ('app/test-msi', 'build', 'bus/vfio_msi', 'ci', 'devtools', 'doc', 'eal_iommu',
         'examples', 'tests', 'version')

TAG = 'SPDX-License-Identifier: BSD-3-Clause'
COPYRIGHT = 'Copyright(c) '
HEAD_LINES = 5
C, PYTHON, MESON = ('.c', '.h'), ('.py',), ('meson.build', 'meson_options.txt')
SHELL = ('.sh', '.bash')

# Captured from machines without changes; input of fuzzing.
CAPTURED = ('tests/unit/fixtures/', 'tests/fuzz/corpus/')

# In two pieces, so that this file does not match.
WORDS = [re.compile(first + second, re.IGNORECASE) for first, second in (
    (r'(?<![\w}])/wo', r'rk/'),
    (r'\.\./sha', r'red\b'),
    (r'(?<![\w}])/ro', r'ot/'),
    (r'\b(deb|ftp|security|snapshot|archive|cdn-\w+|ports)\b[\w.-]*\.(deb', r'ian\.org|ubuntu\.com)'),
    (r'\b(test\.|files\.)?(pyp', r'i\.org|pythonhosted\.org)'),
    (r'\b(docker', r'\.io|ghcr\.io|quay\.io)\b'),
)]
# Guests have such a folder.
WORDS_ALLOWED = {'devtools/labkit/guest/init'}


class File:
    """One text file, read once."""

    def __init__(self, root, path):
        self.path = str(path)
        self.root = root
        self.name, self.suffix = path.name, path.suffix
        self.captured = self.path.startswith(CAPTURED)
        data = (root / path).read_bytes()
        self.binary = b'\0' in data
        self.text = data.decode('utf-8', 'replace')
        self.lines = self.text.splitlines()
        first = self.lines[0] if self.lines else ''
        self.shebang = first if first.startswith('#!') else ''

    @property
    def is_python(self):
        """Whether it is a Python program or module."""
        return self.suffix in PYTHON or 'python' in self.shebang

    @property
    def is_source(self):
        """Whether it is source text."""
        return bool(self.shebang) or self.suffix in C + PYTHON + SHELL + ('.rst',) or \
            self.name in MESON


def check_head(file):
    """Licence and copyright at the top."""
    head = '\n'.join(file.lines[:HEAD_LINES])
    for wanted in (TAG, COPYRIGHT):
        if wanted not in head:
            yield 1, f'"{wanted.strip()}" is missing in the first lines'


def check_length(file):
    """Length of a file, except documentation."""
    if file.suffix == '.rst':
        return
    if len(file.lines) > FILE_MAX:
        yield len(file.lines), f'the file has more than {FILE_MAX} lines'
    elif len(file.lines) > FILE_WARN:
        print(f'{file.path}:{len(file.lines)}: warning: more than {FILE_WARN} lines',
              file=sys.stderr)


def check_white_space(file):
    """Trailing blanks, the end of the file, tabs in C."""
    if file.text and not file.text.endswith('\n'):
        yield len(file.lines), 'no newline at the end'
    if file.text.endswith('\n\n'):
        yield len(file.lines), 'empty line at the end'
    for number, line in enumerate(file.lines, 1):
        if line != line.rstrip():
            yield number, 'trailing white space'
        if file.suffix in C and re.match(r'\t* {8}(?! *\\$)| +\t| +[^ *\\]', line):
            yield number, 'C is indented by tabs'


def check_words(file):
    """Forbidden words: names of hosts, folders of one machine."""
    for number, line in enumerate(file.lines, 1):
        for word in WORDS:
            match = word.search(line)
            if match and file.path not in WORDS_ALLOWED:
                yield number, f'"{match[0]}" is not allowed in the project'


def c_functions(text):
    """(line, name, length) of each function: from "{" to "}" in the first column."""
    lines = checkkit.without_literals(text).splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == '{':
            start = number
        elif line.startswith('}') and start:
            name = '?'
            for above in range(start - 2, -1, -1):
                match = re.match(r'(\w+)\s*\(', lines[above])
                if match:
                    name = match[1]
                    break
                if not lines[above].strip():
                    break
            if line.rstrip() == '}':
                yield start, name, number - start + 1
            start = None


def check_functions(file):
    """Length of functions, and the syntax of Python."""
    if file.suffix in C:
        for number, name, length in c_functions(file.text):
            if length > FUNCTION_MAX:
                yield number, f'{name}() has {length} lines, more than {FUNCTION_MAX}'
    if not file.is_python:
        return
    try:
        tree = ast.parse(file.text)
    except SyntaxError as error:
        yield error.lineno or 1, f'Python syntax error: {error.msg}'
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_MAX:
                yield node.lineno, f'{node.name}() has {length} lines, more than {FUNCTION_MAX}'


def check_shell(file):
    """The syntax of shell scripts."""
    shell = re.match(r'#!.*\b(ba)?sh\b', file.shebang)
    if not shell and file.suffix not in SHELL:
        return
    program = 'bash' if (shell and shell[1]) or file.suffix == '.bash' else 'sh'
    if not shutil.which(program):
        return
    done = subprocess.run([program, '-n', file.root / file.path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        yield 1, f'{program} -n: {done.stdout.strip()}'


def check_file(root, path):
    """All problems of one file."""
    file = File(root, path)
    if file.binary:
        return
    checks = [check_words]
    if not file.captured:
        checks.append(check_white_space)
    if file.is_source and not file.captured:
        checks += [check_head, check_length, check_functions, check_shell]
    for one in checks:
        for line, what in one(file):
            yield file.path, line, what


def check_subject(subject):
    """Problems of a commit subject."""
    match = re.fullmatch(r'([^\s:]+): (\S.*)', subject)
    if not match:
        yield 'is not "area: what"'
    elif match[1] not in AREAS:
        yield f'has an unknown area; the areas are: {", ".join(AREAS)}'
    if len(subject) > SUBJECT_MAX:
        yield f'has {len(subject)} characters, more than {SUBJECT_MAX}'
    if subject.endswith('.'):
        yield 'ends with a full stop'


def check_commits(root):
    """The subjects of all commits."""
    log = checkkit.git(root, 'log', '--no-merges', '--format=%h%x09%s')
    for line in (log or '').splitlines():
        commit, _, subject = line.partition('\t')
        for what in check_subject(subject):
            yield f'commit {commit}', 1, f'the subject "{subject}" {what}'


def self_test():
    """Each check finds its violation."""
    long = 'int\nf(void)\n{\n' + '\t;\n' * FUNCTION_MAX + '}\n'
    wanted = {
        'long function': [name for _, name, length in c_functions(long) if length > FUNCTION_MAX],
        'no area': list(check_subject('Add a thing')),
        'other area': list(check_subject('thing: add it')),
        'long subject': list(check_subject('doc: ' + 'x' * SUBJECT_MAX)),
        'word': [word for word in WORDS if word.search('cd /wo' + 'rk/main')],
    }
    missed = [f'self-test: {name} is not found' for name, found in wanted.items() if not found]
    if list(check_subject('doc: describe the bus')):
        missed.append('self-test: a good subject is rejected')
    return [(pathlib.Path(__file__).name, 1, what) for what in missed]


def check():
    """All problems of the project."""
    for path in checkkit.files(checkkit.SOURCE):
        yield from check_file(checkkit.SOURCE, path)
    yield from check_commits(checkkit.SOURCE)


if __name__ == '__main__':
    sys.exit(checkkit.main('check-style', self_test, check))
