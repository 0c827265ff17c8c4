#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Compare commands, options and keys: code, --help, manual pages, guides, completion.

"--tool PROGRAM" runs a built dpdk-test-msi and takes what its --help prints. Without it, the
usage texts in the source are used, and compared with the options that the code accepts.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

APP, PAGES = 'app/test-msi', 'doc/reference'
MAIN, BENCH, COMPLETION = f'{APP}/main.c', f'{APP}/cmd_bench.c', f'{APP}/dpdk-test-msi.bash'
OVERVIEW, MESON = f'{PAGES}/dpdk-test-msi.rst', 'doc/meson.build'
ARGS = 'drivers/bus/vfio_msi/vfio_msi_args.c'
COMMAND = re.compile(r'(?m)^\t\{ "(\w+)", (?:"[^"]*",\s+)?(cmd_\w+)(?:,\s+true)? \},$')
WORD_OF_USAGE = re.compile(r'(?m)^  ([a-z]+) +\S')
# "  -u, --user NAME  the user", two blanks or the end of the line after it.
OF_USAGE = re.compile(r'(?m)^  -(\w), --([\w-]+)(?: (\S+))?(?:  |$)')
OF_TABLE = re.compile(r"\{ \"([\w-]+)\", '(\w)',\s+\.(\w+) =")
OF_PAGE = re.compile(r'(?m)^\.\. option:: -(\w)(?: (.+))?, --([\w-]+)(?: (.+))?$')
DEFINE = re.compile(r'(?m)^#define (\w+)(?:\(\w+\))?((?:[^\n\\]|\\.|\\\n)*)$')
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
# A command in a guide, at the begin of a literal or of a line of code, behind a pipe or "see: ", and
# behind a variable.
OF_GUIDE = re.compile(r'(?:`|(?m:^)[ \t]+|\| |: )(?:[A-Z_]+=\S+ )?dpdk-test-msi ([a-z]+)((?:[^`\n|>;&)\\]|\\\n)*)')
DEVICE = re.compile(r'\bvfio_msi:(?:all|[\w:.]+),([^\s"\'`\])]+)')
GUIDES = ('*.md', 'doc/*.rst', 'doc/*/*.rst', 'examples/*/*', f'{APP}/*.c', 'drivers/*/*/*.c', 'lib/*/*/*.c')
HELP = ('h', 'help', '')
BDF, BRIDGE = '0000:01:00.0', '0000:00:1c.0'

# Prints what is completed for each line of stdin, and the table of options of each command.
PROBE = r'''
source "$1"
_dpdk_test_msi_sys=$2
while IFS= read -r line; do
	COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
	_dpdk_test_msi
	printf '%s\n' "${COMPREPLY[*]}"
done
'''
TABLE = 'source "$1"; while read -r line; do _dpdk_test_msi_table "$line"; echo "$options"; done'


def unquoted(code):
    """The text of all literals of C."""
    return ''.join(LITERAL.findall(code)).replace('\\n', '\n').replace('\\"', '"')


def sources():
    """{file: C without comments, with macros replaced by what they stand for}."""
    codes = {f'{APP}/{path.name}': checkkit.without_comments(path.read_text(encoding='utf-8'))
             for path in sorted((checkkit.SOURCE / APP).glob('*.[ch]'))}
    names = {name: body.replace('\\\n', ' ') for code in codes.values()
             for name, body in DEFINE.findall(code) if name.startswith('TOOL_')}
    for path, code in codes.items():
        for name, body in names.items():
            code = re.sub(rf'(?<!define )\b{name}\b(?:\([^)]*\))?', lambda _, body=body: body, code)
        codes[path] = code
    return codes


def commands_of(codes):
    """{command: (file, code)}, "bench map" for the words of bench."""
    found = dict(COMMAND.findall(codes[MAIN]))
    found |= {f'bench {name}': call for name, call in COMMAND.findall(codes[BENCH])}
    return {name: next((path, code) for path, code in codes.items()
                       if re.search(rf'(?m)^{call}\(int argc', code))
            for name, call in found.items()}


def usage_in(code):
    """The text that the function usage() of a command prints."""
    body = re.search(r'(?ms)^usage\(FILE \*f\)\n\{\n(.*?)^\}', code)
    return unquoted(body[1]) if body else ''


def of_usage(usage):
    """[(letter, name, value)] of the options that a usage text has."""
    return sorted((letter, name, value or '') for letter, name, value in OF_USAGE.findall(usage))


def of_table(code):
    """{(letter, name, whether it has a value)} of the options that a command accepts."""
    found = {(letter, name, kind != 'flag') for name, letter, kind in OF_TABLE.findall(code)}
    return found | {('h', 'help', False)}


def of_page(page):
    """{program: [(letter, name, value)]} of a manual page."""
    found = {}
    for part in re.split(r'(?m)^\.\. program:: dpdk-test-msi ?', page)[1:]:
        program, _, body = part.partition('\n')
        options = found.setdefault(program, [])
        for letter, short, name, value in OF_PAGE.findall(body):
            options.append((letter, name, value if short == value else f'{short} or {value}'))
    return {program: sorted(options) for program, options in found.items()}


def bash(script, lines, *argv):
    """What a script of bash prints, line by line, for these lines of input."""
    done = subprocess.run(['bash', '--norc', '-c', script, 'bash', *argv], check=False,
                          input=''.join(f'{line}\n' for line in lines),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.split('\n')[:-1]


def check_completion(completion, usages, keys):
    """Commands, options, addresses and keys that the shell completes."""
    options = {name: of_usage(usage) for name, usage in usages.items()}
    # bench alone has no options in its usage text.
    options = {name: found or [HELP] for name, found in options.items()}
    wanted = {'': {name for name in usages if ' ' not in name} | {'--help', '--version'},
              'bench ': {name.split()[1] for name in usages if ' ' in name},
              'doctor ': {BDF, f'vfio_msi:{BDF}', 'vfio_msi:all'}, 'map ': {BDF, f'vfio_msi:{BDF}'},
              'irq 0000:': {'01:00.0'}, 'irq vfio_msi:': {BDF},
              'layout -a vfio_msi:': {BDF, 'all'}, 'layout --allow=vfio_msi:0000:01': {'01:00.0'},
              'irq 0000:01:00.0 -- -a vfio_msi:': {BDF}}
    wanted |= {f'{name} -': {form for letter, long, _ in found for form in (f'-{letter}', f'--{long}')}
               for name, found in options.items()}
    for head in ('layout -a vfio_msi:', 'rxintr vfio_msi:', 'doctor vfio_msi:'):
        wanted[f'{head}{BDF},'] = {f'00.0,{key}=' for key in keys}
        wanted |= {f'{head}{BDF},msi=off,{key}=': values for key, values in keys.items()}
    with tempfile.TemporaryDirectory() as root:
        for bdf, klass in ((BDF, '0x020000'), (BRIDGE, '0x060400')):
            folder = pathlib.Path(root, 'bus/pci/devices', bdf)
            folder.mkdir(parents=True)
            (folder / 'class').write_text(klass + '\n', encoding='ascii')
        lines = [f'dpdk-test-msi {line}' for line in wanted]
        given = bash(PROBE, lines, completion, root)
    if len(given) != len(lines):
        yield COMPLETION, 1, f'bash prints {len(given)} lines instead of {len(lines)}: {given[-3:]}'
    for line, words, got in zip(lines, wanted.values(), given):
        if set(got.split()) != words:
            yield COMPLETION, 1, f'"{line}" is completed by {sorted(got.split())}, not {sorted(words)}'
    for name, got in zip(options, bash(TABLE, options, completion)):
        with_value = {word.partition('=')[0] for word in got.split() if '=' in word}
        if with_value != {f'{letter},{long}' for letter, long, value in options[name] if value}:
            yield COMPLETION, 1, f'{name}: with a value are {sorted(with_value)}, not {options[name]}'


def check_pages(usages, pages, meson):
    """Every option of a usage text is on the page of the command, and no other; PAGES reads one.

    MESON installs the pages.
    """
    overview = pages('')
    for name, usage in usages.items():
        page = name.split()[0]
        wanted, text = of_usage(usage), pages(f'-{page}')
        path = f'{PAGES}/dpdk-test-msi-{page}.rst'
        got = of_page(text).get(name, [])
        if text and name != 'bench' and got != wanted:
            yield path, 1, f'options of {name}: {sorted(set(got) ^ set(wanted)) or "some are repeated"} differ'
        if not text:
            yield path, 1, f'no manual page for {name}'
        if name not in ('bench', page) and f'dpdk-test-msi {name} ' not in text:
            yield path, 1, f'no synopsis of {name}'
        if f'`dpdk-test-msi-{page}(1) ' not in overview:
            yield OVERVIEW, 1, f'the page lacks {page}'
    pages_of = {name.split()[0] for name in usages}
    if set(re.findall(r"'(\w+)'", re.search(r'(?m)^commands = \[(.*)\]$', meson)[1])) != pages_of:
        yield MESON, 1, f'the commands are not {sorted(pages_of)}'
    for page in sorted(pages_of):
        for program in of_page(pages(f'-{page}')):
            if program not in usages:
                yield f'{PAGES}/dpdk-test-msi-{page}.rst', 1, f'the tool has no command {program}'


def keys_of(code):
    """{key: its words} of the bus; values in capitals stand for others."""
    text = re.search(r'#define KEYS "([^"]*)"', code)[1]
    return {key: {word for word in values.split('|') if word.islower()}
            for key, values in re.findall(r'(\w+)=([^,]+)', text)}


def check_source(codes, args, usages):
    """What commands accept is in their usage, and keys are where users read them."""
    for name, (path, code) in commands_of(codes).items():
        wanted = {(letter, long, value != '') for letter, long, value in of_usage(usages[name])}
        if name != 'bench' and wanted != of_table(code):
            yield path, 1, f'usage and options of {name}: {sorted(wanted ^ of_table(code))} differ'
    keys = keys_of(args)
    defined = set(re.findall(r'#define KEY_\w+ "([^"]+)"', args))
    if defined != keys.keys():
        yield ARGS, 1, f'KEYS and the keys: {sorted(defined ^ keys.keys())} differ'
    usage, text = ' '.join(usages['layout'].split()), re.search(r'#define KEYS "([^"]*)"', args)[1]
    for words in text.split(', '):
        if words not in usage.replace(',', ' ').split():
            yield f'{APP}/cmd_layout.c', 1, f'the usage of layout lacks {words}'


def check_devices(path, text, keys):
    """A device in a guide or a message has keys of the bus, and words that they accept."""
    for match in DEVICE.finditer(text):
        for part in match[1].rstrip('.:;').split(','):
            key, equals, value = part.partition('=')
            if not equals or key.startswith('pmd.') or '/' in key:
                continue
            if key not in keys:
                yield path, checkkit.line_of(text, match.start()), f'the bus has no key {key}'
            elif keys[key] and value.islower() and value.split('|')[0].split('/')[0] not in keys[key]:
                yield path, checkkit.line_of(text, match.start()), f'{key}={value} is not {sorted(keys[key])}'


def check_guide(path, text, usages):
    """A command of the tool in a guide exists, and has the options that it is given."""
    for match in OF_GUIDE.finditer(text):
        words = match[2].replace('\\\n', ' ').partition(' -- ')[0].split()
        name = f'{match[1]} {words[0]}' if match[1] == 'bench' and words else match[1]
        line = checkkit.line_of(text, match.start(1))
        if name.split()[0] not in usages:
            yield path, line, f'the tool has no command {name}'
            continue
        known = {form for letter, long, _ in of_usage(usages.get(name, '')) for form in (f'-{letter}', f'--{long}')}
        for word in words:
            if re.match(r'--?[A-Za-z]', word) and word.partition('=')[0] not in known:
                yield path, line, f'{name} has no option {word}'


def guides():
    """(path, text) of what a user reads."""
    for form in GUIDES:
        for path in sorted(checkkit.SOURCE.glob(form)):
            if path.is_file():
                yield os.fspath(path.relative_to(checkkit.SOURCE)), path.read_text(encoding='utf-8')


def page_of(name):
    """The text of the page dpdk-test-msiNAME, or ""."""
    path = checkkit.SOURCE / f'{PAGES}/dpdk-test-msi{name}.rst'
    return path.read_text(encoding='utf-8') if path.exists() else ''


def usages_of(tool):
    """{command: its usage text} that a built tool prints."""
    def run(*argv):
        return subprocess.run([tool, *argv, '--help'], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
    names = WORD_OF_USAGE.findall(run().split('commands:')[1])
    names += [f'bench {name}' for name in WORD_OF_USAGE.findall(run('bench'))]
    return {name: run(*name.split()) for name in names}


def self_test():
    """The check finds what is missing on either side."""
    usage = 'usage: x\n\n  -u, --user NAME  someone\n  -A, --all       all\n  -h, --help      this\n'
    good = '.. program:: dpdk-test-msi a\n\n.. option:: -u NAME, --user NAME\n\n.. option:: -A, --all\n\n' \
        '.. option:: -h, --help\n'
    overview = ':doc:`dpdk-test-msi-a(1) <x>`'
    for old, new, problems in (('', '', 0), ('-A, --all', '-B, --all', 1), ('user NAME', 'user N', 1),
                               ('--all', '--every', 1), ('msi a', 'msi b', 2), ('-A, --all', '', 1)):
        page = good.replace(old, new) if old else good
        found = list(check_pages({'a': usage}, lambda name, page=page: page if name else overview,
                                 "commands = ['a']"))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: pages: {old}, {new}: {found}'
    found = list(check_completion(os.fspath(checkkit.SOURCE / COMPLETION), {'doctor': usage}, {'msi': {'x'}}))
    if len([what for _, _, what in found if '"dpdk-test-msi doctor -"' in what or 'msi=off,msi=' in what]) != 4:
        yield pathlib.Path(__file__).name, 1, f'self-test: completion: {found}'
    keys = {'msi': {'off', 'auto'}, 'hole': set()}
    for text, problems in (('vfio_msi:0000:01:00.0,msi=off,hole=0x1-0x2', 0), ('vfio_msi:all,mis=off', 1),
                           ('``vfio_msi:BDF,msi=on``', 1), ('vfio_msi:BDF,msi=WORD,pmd.x=y,vf=1', 1)):
        found = list(check_devices('', text, keys))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {text}: {found}'
    for text, problems in (('``dpdk-test-msi doctor --user X 1``', 0), ('    dpdk-test-msi doctor -u X --all | x -y', 0),
                           ('``dpdk-test-msi doktor``', 1), ('   x | A=/b dpdk-test-msi doktor', 1), ('   x | dpdk-test-msi doctor --usr X', 1),
                           ('``dpdk-test-msi doctor -u X -- -y``', 0), ('  dpdk-test-msi doctor \\\n  -y', 1)):
        found = list(check_guide('', text, {'doctor': usage}))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {text}: {found}'
    code = "usage(FILE *f)\n{\n\tfputs(\"" + usage.replace('\n', '\\n') + '", f);\n}\ncmd_a(int argc, ' \
        "{ \"user\", 'u', .text = x },\n{ \"all\", 'A', .flag = &y },\n"
    args = '#define KEY_A "a"\n#define KEYS "a=b|C"'
    usages = {'a': usage, 'layout': 'a=b|C'}
    for old, new, problems in (('', '', 0), ("'A'", "'B'", 1), ('.text', '.flag', 1), ('"a"', '"e"', 1),
                               ('a=b|C', 'a=b', 1)):
        codes = {MAIN: '\t{ "a", "what", cmd_a },\n', BENCH: '', 'a.c': code.replace(old, new) if old else code}
        found = list(check_source(codes, args.replace(old, new) if old else args, usages))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: source: {old}, {new}: {found}'


def main():
    """Check the project; --self-test: the check."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--self-test', action='store_true')
    parser.add_argument('--tool', metavar='PROGRAM')
    options = parser.parse_args()
    problems = list(self_test())
    if not options.self_test:
        codes, args = sources(), checkkit.read(ARGS)
        usages = {name: usage_in(code) for name, (_, code) in commands_of(codes).items()}
        if options.tool:
            usages = usages_of(options.tool)
        problems += [*check_source(codes, args, usages), *check_pages(usages, page_of, checkkit.read(MESON)),
                     *check_completion(os.fspath(checkkit.SOURCE / COMPLETION), usages, keys_of(args))]
        for path, text in guides():
            problems += check_devices(path, text, keys_of(args))
            if path.endswith('.rst'):
                problems += check_guide(path, text, usages)
            elif path.endswith('.md'):
                # Its code is not indented.
                problems += check_guide(path, text.replace('\n', '\n '), usages)
    return checkkit.report('check-usage', problems)


if __name__ == '__main__':
    sys.exit(main())
