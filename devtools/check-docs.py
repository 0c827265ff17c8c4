#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Hold the documentation to the code: keys, messages, public functions, the lab.

A message is in the guide when each of its constant pieces is, word for word,
and in this order: "%s: can't be %s" is found in "DEVICE: can't be STEP".
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

BUS = 'drivers/bus/vfio_msi'
LIB = 'lib/eal_iommu'
ARGS = f'{BUS}/vfio_msi_args.c'
HEADER = f'{LIB}/rte_eal_iommu.h'
MAP = f'{LIB}/version.map'
GUIDE, ARGUMENTS = 'doc/reference/messages.rst', 'doc/reference/arguments.rst'
LIBRARY = 'doc/reference/library.rst'
LAB, TESTS = 'doc/contributing/lab.rst', 'doc/contributing/tests.rst'

# Calls whose text a user reads: logs, reasons, and sentences written into "why".
LOGS = ('BUS_LOG', 'SYNC_LOG', 'RTE_LOG', 'say', 'plan_reason_add')
CALL = re.compile(r'\b(' + '|'.join(LOGS) + r'|snprintf)\s*\(')
WHY = re.compile(r'\b(?:why|cure|loss)\b')
# A part of a sentence, chosen before it is written.
PART = re.compile(r'\b(?:cure|advice) = ("(?:\\.|[^"\\])*");')
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
CONVERSION = re.compile(r'(?:0x)?%(?:%|[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z])')
PRI = re.compile(r'\s*\bPRI([a-zA-Z])\w*\s*')
# Shorter pieces are punctuation.
PIECE_MIN = 4


def read(path):
    """The text of a file of the project."""
    return (checkkit.SOURCE / path).read_text(encoding='utf-8')


def flat(text):
    """Text with every run of white space made one blank."""
    return ' '.join(text.split())


def end_of_call(code, start):
    """Offset behind the parenthesis that closes the one before START."""
    depth, at = 1, start
    while depth and at < len(code):
        literal = LITERAL.match(code, at)
        if literal:
            at = literal.end()
            continue
        depth += {'(': 1, ')': -1}.get(code[at], 0)
        at += 1
    return at


def arguments(text):
    """The arguments of a call, cut at the commas of its own level."""
    cut, depth, at, begin = [], 0, 0, 0
    while at < len(text):
        literal = LITERAL.match(text, at)
        if literal:
            at = literal.end()
            continue
        depth += {'(': 1, '{': 1, ')': -1, '}': -1}.get(text[at], 0)
        if text[at] == ',' and not depth:
            cut.append(text[begin:at])
            begin = at + 1
        at += 1
    return cut + [text[begin:]]


def literal_text(argument):
    """The text of an argument that is a string, its macros filled in, or None."""
    argument = PRI.sub('"\\1"', argument)
    argument = re.sub(r'\bVFIO_MSI_BUS\b', '"vfio_msi"', argument)
    argument = re.sub(r'\bVFIO_MSI_PREFIX\b', '"vfio_msi:"', argument)
    found = LITERAL.findall(argument)
    if not found:
        return None
    return ''.join(found).replace('\\n', '').replace('\\"', '"')


def alternatives(argument):
    """The strings of "cond ? a : b", each by itself."""
    parts = re.split(r'[?:](?=(?:[^"]*"[^"]*")*[^"]*$)', argument)
    texts = [''.join(LITERAL.findall(part)) for part in parts]
    return [text for text in texts if text]


def messages(code):
    """(line, [text]) of each message: its format, and constant texts put into it."""
    for match in CALL.finditer(code):
        body = code[match.end():end_of_call(code, match.end()) - 1]
        words = arguments(body)
        if match[1] not in LOGS and not WHY.search(words[0]):
            continue
        texts, seen = [], False
        for word in words:
            if '"' not in word:
                continue
            if not seen:
                texts.append(literal_text(word))
                seen = True
            else:
                texts += alternatives(word)
        if seen:
            yield checkkit.line_of(code, match.start()), texts


def returned_texts(code):
    """(line, [text]) of each constant sentence a "hint" function returns."""
    for match in re.finditer(r'return ("(?:\\.|[^"\\])*");', code):
        if ' ' in match[1]:
            yield checkkit.line_of(code, match.start()), [match[1][1:-1]]


def parts(code):
    """(line, [text]) of each constant part of a sentence that a variable takes."""
    for match in PART.finditer(code):
        yield checkkit.line_of(code, match.start()), [match[1][1:-1].replace('\\"', '"')]


def pieces(text):
    """The constant pieces of a format, in order."""
    cut = [flat(piece) for piece in CONVERSION.split(text)]
    return [piece for piece in cut if len(piece) >= PIECE_MIN]


def is_told(text, guide):
    """Whether the guide has all pieces of a message, in order and close together."""
    want = pieces(text)
    if not want:
        return True
    gap = r'.{0,60}?'
    return re.search(gap.join(map(re.escape, want)), guide) is not None


def message_files():
    """Files whose messages the guide lists."""
    wanted = [checkkit.SOURCE / BUS, checkkit.SOURCE / LIB]
    for folder in wanted:
        yield from sorted(folder.glob('*.c'))


def check_messages(guide):
    """Every message of the bus and the library is in the guide."""
    for path in message_files():
        name = str(path.relative_to(checkkit.SOURCE))
        code = checkkit.without_comments(path.read_text(encoding='utf-8'))
        found = [*messages(code), *parts(code)]
        if path.name == 'dma_budget.c':
            found += returned_texts(code)
        for line, texts in found:
            for text in texts:
                if not is_told(text, guide):
                    yield name, line, f'{GUIDE} does not tell the message "{text}"'


def check_keys(guide):
    """Every key is in the guide with every value it names."""
    code = read(ARGS)
    for match in re.finditer(r'#define (KEY_\w+|PMD_PREFIX) "([^"]+)"', code):
        line, key = checkkit.line_of(code, match.start()), match[2]
        wanted = f'``{key}' if key.endswith('.') else f'``{key}=``'
        if wanted not in guide:
            yield ARGS, line, f'{ARGUMENTS} does not explain the key {wanted}'
    for match in re.finditer(r'strcmp\(value, "([^"]+)"\)', code):
        if f'``{match[1]}``' not in guide:
            yield ARGS, checkkit.line_of(code, match.start()), \
                f'{ARGUMENTS} does not explain the value ``{match[1]}``'


def check_symbols():
    """Every public function has doxygen, is exported, and is in the guide."""
    header, library = read(HEADER), read(LIBRARY)
    exported = set(re.findall(r'^\t(rte_\w+);', read(MAP), re.MULTILINE))
    declared = set()
    for match in re.finditer(r'(/\*\*(?:[^*]|\*(?!/))*\*/)?\s*(?:__rte_\w+\s+)*'
                             r'^(?:[\w*]+\s+)+\**(rte_eal_iommu_\w+)\(', header, re.MULTILINE):
        name, line = match[2], checkkit.line_of(header, match.start(2))
        declared.add(name)
        if not match[1] or '@return' not in match[1]:
            yield HEADER, line, f'{name}() has no doxygen comment with @return'
        if name not in exported:
            yield HEADER, line, f'{name} is not exported by {MAP}'
        if f'{name}(' not in library:
            yield HEADER, line, f'{LIBRARY} does not tell of {name}()'
    for name in sorted(exported - declared):
        yield MAP, 1, f'{name} is exported, but not declared in {HEADER}'
    for error in sorted(set(re.findall(r'^ \*  - (E[A-Z]+)\b', header, re.MULTILINE))):
        if f'``{error}``' not in library:
            yield HEADER, 1, f'{LIBRARY} does not tell of the error ``{error}``'


def check_lab():
    """Every command and platform of the lab is in its guide."""
    guide = read(LAB) + read(TESTS)
    for path, form, wanted in (
            ('devtools/labkit/__main__.py', r"add_parser\('(\w+)'|\('(\w+)', '\w+ ", '``lab {}'),
            ('devtools/labkit/platforms.py', r"\bname='([\w-]+)'", '``{}``'),
            ('devtools/labkit/suites.py', r"HostSuite\('([\w-]+)'", '``{}``')):
        code = read(path)
        for match in re.finditer(form, code):
            text = wanted.format(next(filter(None, match.groups())))
            if text not in guide:
                yield path, checkkit.line_of(code, match.start()), f'{LAB} does not tell of {text}'


def self_test():
    """What is missing is found."""
    code = ('BUS_LOG(ERR, "%s: is in %" PRIu64 " way" " s: %s", x ? "; see here" : "", y);'
            'cure = "see here";')
    found = [text for _, texts in [*messages(code), *parts(code)] for text in texts]
    good = 'DEVICE: is in N way s: WHY ; see here'
    told = [is_told(text, good) for text in found]
    missed = [is_told(text, 'DEVICE: is in a way') for text in found]
    if found != ['%s: is in %u way s: %s', '; see here', 'see here'] or not all(told) or all(missed):
        yield pathlib.Path(__file__).name, 1, f'self-test: {found} {told} {missed}'


def main():
    """Check the project; --self-test: the check."""
    if sys.argv[1:] not in ([], ['--self-test']):
        sys.exit(f'usage: {sys.argv[0]} [--self-test]')
    problems = list(self_test())
    if not sys.argv[1:]:
        guide = flat(read(GUIDE))
        problems += [*check_messages(guide), *check_keys(read(ARGUMENTS)), *check_symbols(), *check_lab()]
    return checkkit.report('check-docs', problems)


if __name__ == '__main__':
    sys.exit(main())
