#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the documentation against the code: keys, messages, functions, drivers, the lab.

Messages are compared in both directions. Every string with two words anywhere in the bus,
the library or the tool is a message, unless EXEMPT lists it. The page has it in the first
column of a table: "%s: can't be %s" is "DEVICE: can't be STEP" there. Text that the tool
prints to stdout (results and usage) is not a message.
"""

import functools
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402
from exempt import EXEMPT  # noqa: E402

BUS = 'drivers/bus/vfio_msi'
TOOL = 'app/test-msi'
LIB = 'lib/eal_iommu'
ARGS = f'{BUS}/vfio_msi_args.c'
# Public header, map of its object, page, prefix of its functions.
APIS = ((f'{LIB}/eal/rte_eal_iommu.h', f'{LIB}/version.map', 'doc/reference/library.rst',
         'rte_eal_iommu_'),
        (f'{BUS}/bus_vfio_msi_driver.h', f'{BUS}/version.map', 'doc/reference/driver-api.rst',
         'rte_vfio_msi_'))
GUIDE, ARGUMENTS = 'doc/reference/messages.rst', 'doc/reference/arguments.rst'
# Pages that have the messages of one command, behind GUIDE.
MORE = ('doc/reference/doctor.rst', 'doc/reference/explain.rst')
JSON = 'doc/reference/json.rst'
TELEMETRY = 'doc/reference/telemetry.rst'
SCHEMA = 'doc/reference/dpdk-test-msi.schema.json'
DRIVERS, OWN = 'doc/reference/drivers.rst', f'{BUS}/vfio_msi_container.c'
LAB, TESTS = 'doc/contributing/lab.rst', 'doc/contributing/tests.rst'

# Calls whose text a user reads: logs, reasons, and text written into "why".
CALL = re.compile(r'\b(?:BUS_LOG|SYNC_LOG|RTE_LOG|rte_log|say|plan_reason_add|tool_error|'
                  r'capture_miss|fault)\s*\(')
# Calls of the tool that print results, unless their arguments name stderr.
RESULT = re.compile(r'\b(?:f?printf|f?puts)\s*\(')
LOG = re.compile(r'\b(?:BUS_LOG|SYNC_LOG|RTE_LOG)\s*\(\s*(ERR|WARNING|NOTICE|INFO|DEBUG)\b')
LEVELS = {'ERR': 'error', 'WARNING': 'warning', 'NOTICE': 'notice', 'INFO': 'info',
          'DEBUG': 'debug'}
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
STRINGS = re.compile(r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*')
WORDS = re.compile(r"[a-zA-Z']{2}[,;:)]? (?:[(]?[a-zA-Z]|\"$)|[a-z] %[^*]|%s [a-z]")
WORD = re.compile(r'\w')
FUNCTION = re.compile(r'(?m)^(\w+)\(')
SELF_CHECK = re.compile(r'check_\w+|\w+_check|find_fault')
CONVERSION = re.compile(r'(?:0x)?%(?:%|[-+ #0]*\d*(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z])')
PRI = re.compile(r'\bPRI([a-zA-Z])\w*')
# Values in a message, as the page writes them, that are not words in capitals.
NAMES = re.compile(r'vfio_msi(?::all)?|INTx|0x|\b(?:un)?map\b')
# Shorter pieces are punctuation.
PIECE_MIN = 4


def end_of_call(code, start):
    """Offset after the parenthesis that closes the one before START."""
    depth, at = 1, start
    while depth and at < len(code):
        literal = LITERAL.match(code, at)
        if literal:
            at = literal.end()
            continue
        depth += {'(': 1, ')': -1}.get(code[at], 0)
        at += 1
    return at


def macros(codes):
    """{name: "text"} of each macro that is one string."""
    return dict(found for code in codes
                for found in re.findall(r'#define (\w+)[ \t]+("(?:\\.|[^"\\])*")[ \t]*(?=\n|$)', code))


def filled_in(code, names):
    """C without #include and #error, with each macro for text replaced by its text."""
    code = re.sub(r'(?m)^[ \t]*#[ \t]*(?:include|error|warning).*', '', code)
    code = re.sub(r'(?m)^#define \w+[ \t]+"(?:\\.|[^"\\])*"[ \t]*$', '', code)
    code = PRI.sub('"\\1"', code)
    for name, text in names.items():
        if name in code:
            code = re.sub(rf'\b{name}\b', lambda _, text=text: text, code)
    return code


def plain(literals):
    """The text of adjacent literals."""
    text = ''.join(LITERAL.findall(literals))
    text = text.removeprefix('VFIO_MSI: ')
    return checkkit.flat(text.replace('\\n', ' ').replace('\\t', ' ').replace('\\"', '"'))


def calls_of(code, form):
    """(first, last) offset of the arguments of each call."""
    return [(match.end(), end_of_call(code, match.end())) for match in form.finditer(code)]


def texts_of(code, engine=False, tool=False):
    """(line, text, whether a user may read it) of every string.

    A user may read each string with two words, or with one word and a blank after it, and
    every string in a log call. Only tests read what self-checks of the ENGINE return.
    Results of the TOOL are left out.
    """
    calls = calls_of(code, CALL)
    results = [call for call in calls_of(code, RESULT) if tool
               and not re.search(r'\bstderr\b', code[call[0]:call[1]])]
    for match in STRINGS.finditer(code):
        if any(first <= match.start() < last for first, last in results):
            continue
        text = plain(match[0])
        read_by_user = WORDS.search(match[0]) or any(
            first <= match.start() < last for first, last in calls)
        # The first argument of tool_error() is not the text.
        if code[:match.start()].endswith('tool_error('):
            read_by_user = False
        within = FUNCTION.findall(code, 0, match.start()) if engine else []
        if within and SELF_CHECK.fullmatch(within[-1]):
            read_by_user = False
        yield checkkit.line_of(code, match.start()), text, bool(read_by_user)


def levels_of(code):
    """(text, level) of each log call with a constant level."""
    for match in LOG.finditer(code):
        literal = STRINGS.search(code, match.end())
        if literal:
            yield plain(literal[0]), LEVELS[match[1]]


@functools.lru_cache(maxsize=None)
def constants(text):
    """The constant pieces of a format, without punctuation."""
    return [piece for piece in CONVERSION.split(text) if len(checkkit.flat(piece)) >= PIECE_MIN]


@functools.lru_cache(maxsize=None)
def pattern(text):
    """A format as a pattern; its values are the groups."""
    return re.compile('(.*?)'.join(re.escape(piece) for piece in CONVERSION.split(text)))


@functools.lru_cache(maxsize=None)
def inside(text):
    """The same inside a longer text; the first and the last group are the text around it."""
    return re.compile(f'(.*?){pattern(text).pattern}(.*)')


def rows_of(page):
    """(line, [cells]) of each row of each table, except the headers."""
    for table in re.finditer(r'(?m)^\.\. list-table::.*\n((?:[ \t].*\n|\n)*)', page + '\n'):
        for row in list(re.finditer(r'(?m)^   \* - (.*(?:\n(?!   \* - ).*)*)', table[1]))[1:]:
            line = checkkit.line_of(page, table.start(1) + row.start())
            yield line, re.split(r'(?m)\n     - ', row[1])


def messages_of(page):
    """(line, text, level or None) of each message on the page: the first column of its tables."""
    for line, cells in rows_of(page):
        level = checkkit.flat(cells[1]) if len(cells) > 2 else None
        for text in re.findall(r'``((?:[^`]|`(?!`))+)``', cells[0]):
            yield line, checkkit.flat(text), level


def is_documented(text, documented):
    """Whether a text of the page is this format, or contains it as a part of a sentence."""
    if not constants(text):
        return True
    documented = [other for other in documented
                  if all(map(other.__contains__, constants(text)))]
    if any(pattern(text).fullmatch(other) for other in documented):
        return True
    # A part of a sentence: the sentence must contain the same words.
    before, behind = ('' if WORD.match(end) is None else edge
                      for end, edge in ((text[0], r'(?<!\w)'), (text[-1], r'(?!\w)')))
    return any(re.search(before + pattern(text).pattern + behind, other)
               for other in documented)


def is_said(text, formats, depth=0):
    """Whether the code prints a text: a format whose values are names or texts of the code."""
    if not re.search('[a-z]', NAMES.sub('', text)):
        return True
    if depth > 3:
        return False
    for form in formats:
        if (depth and not constants(form)) or not all(map(text.__contains__, constants(form))):
            continue
        match = inside(form).fullmatch(text)
        if match and text not in match.groups() and \
                all(is_said(group, formats, depth + 1) for group in match.groups()):
            return True
    return False


def sources():
    """(name, code) of each file of the bus, the library and the tool."""
    for folder in (BUS, LIB, TOOL):
        for path in sorted((checkkit.SOURCE / folder).rglob('*.[ch]')):
            code = checkkit.without_comments(path.read_text(encoding='utf-8'))
            yield str(path.relative_to(checkkit.SOURCE)), code


def compare(files, page, exempt):
    """Problems of the page of messages: missing messages, obsolete ones, wrong levels."""
    names = macros(code for _, code in files)
    documented = list(messages_of(page))
    words = {text for _, text, _ in documented}
    formats, levels, unused = set(), [], set(exempt)
    for name, code in files:
        code = filled_in(code, names)
        levels += levels_of(code)
        for line, text, read_by_user in texts_of(code, '/iova_' in name, name.startswith(TOOL)):
            formats.add(text)
            if text in exempt:
                unused.discard(text)
            elif read_by_user and not is_documented(text, words):
                yield name, line, f'{GUIDE} lacks the message "{text}"'
    for text in sorted(unused):
        yield 'devtools/exempt.py', 1, f'the code lacks the exempt text "{text}"'
    formats = sorted(formats, key=lambda form: (-sum(map(len, constants(form))), form))
    for line, text, level in documented:
        if not is_said(text, formats):
            yield GUIDE, line, f'the code does not print "{text}"'
        wanted = {of for form, of in levels if constants(form) and pattern(form).fullmatch(text)}
        if level and level != 'WHY' and wanted and not wanted & set(level.split(', ')):
            yield GUIDE, line, f'"{text}" is logged as {", ".join(sorted(wanted))}'


def check_messages():
    """The pages have every message of the bus, the library and the tool and no other one."""
    yield from compare(list(sources()), '\n'.join(map(checkkit.read, (GUIDE, *MORE))), EXEMPT)


def check_keys(guide):
    """The guide has every key and each of its values."""
    code = checkkit.read(ARGS)
    for match in re.finditer(r'#define (KEY_\w+|PMD_PREFIX) "([^"]+)"', code):
        line, key = checkkit.line_of(code, match.start()), match[2]
        wanted = f'``{key}' if key.endswith('.') else f'``{key}=``'
        if wanted not in guide:
            yield ARGS, line, f'{ARGUMENTS} does not explain the key {wanted}'
    for match in re.finditer(r'strcmp\(value, "([^"]+)"\)', code):
        if f'``{match[1]}``' not in guide:
            yield ARGS, checkkit.line_of(code, match.start()), \
                f'{ARGUMENTS} does not explain the value ``{match[1]}``'


def check_symbols(path, map_path, page_path, prefix):
    """Every public function has doxygen, is exported, and is on its page."""
    header, page = checkkit.read(path), checkkit.read(page_path)
    exported = set(re.findall(r'^\t(rte_\w+);', checkkit.read(map_path), re.MULTILINE))
    declared = set()
    for match in re.finditer(r'(/\*\*(?:[^*]|\*(?!/))*\*/)?\s*(?:__rte_\w+\s+)*'
                             r'^((?:[\w*]+\s+)+)\**(' + prefix + r'\w+)\(', header, re.MULTILINE):
        name, line = match[3], checkkit.line_of(header, match.start(3))
        declared.add(name)
        if not match[1] or ('@return' not in match[1] and match[2].strip() != 'void'):
            yield path, line, f'{name}() has no doxygen comment with @return'
        if name not in exported:
            yield path, line, f'{name} is not exported by {map_path}'
        if f'{name}(' not in page:
            yield path, line, f'{page_path} lacks {name}()'
    for name in sorted(exported - declared):
        yield map_path, 1, f'{name} is exported, but not declared in {path}'
    for error in sorted(set(re.findall(r'^ \*  - (E[A-Z]+)\b', header, re.MULTILINE))):
        if f'``{error}``' not in page:
            yield path, 1, f'{page_path} lacks the error ``{error}``'


def members_of(schema):
    """The names of all members that a JSON schema describes."""
    found = set()
    if isinstance(schema, dict):
        found.update(schema.get('properties', {}))
        found.update(*map(members_of, schema.values()))
    elif isinstance(schema, list):
        found.update(*map(members_of, schema))
    return found


def check_json():
    """Every member of the tool's JSON is in the schema, and what that has is on its page."""
    described, page = members_of(json.loads(checkkit.read(SCHEMA))), checkkit.read(JSON)
    for name in sorted(described):
        if f'``{name}``' not in page:
            yield SCHEMA, 1, f'{JSON} lacks {name}'
    for path in sorted((checkkit.SOURCE / 'app/test-msi').glob('*.c')):
        if path.name.startswith('answers'):
            continue    # a file inside captures, which only the tool reads
        code = path.read_text(encoding='utf-8')
        for match in re.finditer(r'(?:json_put\(\w+, |tool_report_put\()"(\w+)"', code):
            if match[1] not in described:
                yield str(path.relative_to(checkkit.SOURCE)), \
                    checkkit.line_of(code, match.start()), f'{SCHEMA} lacks {match[1]}'


def check_telemetry():
    """Every command of telemetry, and every member of its replies, is on the page."""
    page = checkkit.read(TELEMETRY)
    for path in sorted((checkkit.SOURCE / BUS).glob('vfio_msi_telemetry*.c')):
        code = path.read_text(encoding='utf-8')
        for form, wanted in ((r'(?:add_dict_\w+|compat_telemetry_add|vfio_msi_page_hex)\(\w+, "(\w+)"',
                              '``{}``'), (r'\t\{ "(\w+)", \w+, "Returns', '/vfio_msi/{}\n---')):
            for match in re.finditer(form, code):
                if wanted.format(match[1]) not in page:
                    yield str(path.relative_to(checkkit.SOURCE)), \
                        checkkit.line_of(code, match.start()), f'{TELEMETRY} lacks {match[1]}'


def rejected_on(page):
    """{driver: its key and value} of the rows whose second column is "rejected"."""
    found = {}
    for _, cells in rows_of(page):
        if checkkit.flat(cells[1]) != 'rejected':
            continue
        names, _, condition = checkkit.flat(cells[0]).partition(' with ')
        for name in re.findall(r'``(\w+)``', names):
            found[name] = condition.strip('`').removeprefix('pmd.')
    return found


def rejected_by(code):
    """The same of the table of the bus."""
    found = {}
    for name, key, value in re.findall(r'(?m)^\t\{ "(\w+)", (?:NULL|"(\w+)"), (?:NULL|"(\w+)") \},$', code):
        found[name] = key and f'{key}={value or 1}'
    return found


def check_drivers(page, code):
    """The page of drivers has exactly the drivers that the bus rejects, and when."""
    documented, wanted = rejected_on(page), rejected_by(code)
    for name, _ in sorted(documented.items() ^ wanted.items()):
        yield DRIVERS, 1, f'the page has {documented.get(name)!r} for {name}, the bus {wanted.get(name)!r}'


def check_lab():
    """Every command and platform of the lab is in its guide."""
    guide = checkkit.read(LAB) + checkkit.read(TESTS)
    for path, form, wanted in (
            ('devtools/labkit/__main__.py', r"add_parser\('(\w+)'|\('(\w+)', '\w+ ", '``lab {}'),
            ('devtools/labkit/platforms.py', r"\bname='([\w-]+)'", '``{}``'),
            ('devtools/labkit/suites.py', r"HostSuite\('([\w-]+)'", '``{}``')):
        code = checkkit.read(path)
        for match in re.finditer(form, code):
            text = wanted.format(next(filter(None, match.groups())))
            if text not in guide:
                yield path, checkkit.line_of(code, match.start()), f'{LAB} lacks {text}'


def self_test():
    """The check finds missing messages, obsolete ones and wrong levels."""
    files = [('a.c', '#define ASK "please ask"\n'
              'BUS_LOG(ERR, "%s: is in %" PRIu64 " ways bad: %s", x ? "; see here" : "", y);\n'
              'static const char *w[] = { [A] = ("the way out; " ASK) };')]
    page = ('.. list-table::\n   :header-rows: 1\n\n   * - Message\n     - Level\n     - Meaning\n'
            '   * - ``{}``\n     - {}\n     - x\n   * - ``{}``, ``; see here``\n     -\n     - x\n')
    for row, problems in ((('DEVICE: is in N ways bad: WHY', 'error', 'the way out; please ask'), 0),
                          (('DEVICE: is in N ways bad: WHY', 'info', 'the way out; please ask'), 1),
                          (('DEVICE: is in N ways bad: WHY', 'error', 'the way out; please'), 2),
                          (('DEVICE: is in N way bad: WHY', 'error', 'the way out; please ask'), 2)):
        found = list(compare(files, page.format(*row), {}))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {row}: {found}'
    tool = [(f'{TOOL}/a.c', 'printf("some result\\n"); fputs("some usage\\n", f);'
             'tool_error("word", "failed"); fprintf(stderr, "some fault\\n");')]
    found = [what for _, _, what in compare(tool, '', {})]
    if [what.split('message ')[1] for what in found] != ['"failed"', '"some fault"']:
        yield pathlib.Path(__file__).name, 1, f'self-test: messages of the tool: {found}'
    rows = ('.. list-table::\n\n   * - D\n     - O\n   * - ``net_a``\n     - rejected\n'
            '   * - ``net_b``, ``c`` with ``pmd.k=v``\n     - rejected\n   * - ``d``\n     - works\n')
    table = '\t{ "net_a", NULL, NULL },\n\t{ "net_b", "k", "v" },\n\t{ "c", "k", "v" },\n'
    for change, problems in ((('', ''), 0), (('"net_a"', '"d"'), 2), (('"v"', 'NULL'), 4),
                             (('NULL, NULL', '"x", NULL'), 2)):
        found = list(check_drivers(rows, table.replace(*change)))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: drivers: {change}: {found}'
    found = list(compare(files, page.format('DEVICE: is in N ways bad: WHY', 'error',
                                            'the way out; please ask'), {'gone is gone': ''}))
    if len(found) != 1:
        yield pathlib.Path(__file__).name, 1, f'self-test: a stale exemption: {found}'


def check():
    """All problems of the project."""
    return [*check_messages(), *check_keys(checkkit.read(ARGUMENTS)), *check_json(), *check_telemetry(),
            *(problem for api in APIS for problem in check_symbols(*api)),
            *check_drivers(checkkit.read(DRIVERS), checkkit.read(OWN)), *check_lab()]


if __name__ == '__main__':
    sys.exit(checkkit.main('check-docs', self_test, check))
