#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Compare the findings of dpdk-test-msi doctor with their page: names, severities, reasons.

Every finding of the table must also be judged somewhere, and tested. The same for the answers
of explain: names, causes, cures.
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

TABLE, PAGE = 'app/test-msi/doctor_findings.c', 'doc/reference/doctor.rst'
JUDGES = tuple(f'app/test-msi/doctor_judge{part}.c' for part in ('', '_access', '_devices', '_dpdk', '_keys', '_limits', '_memory', '_reserve', '_unit'))
TESTS = ('tests/unit/test_doctor.c', 'tests/unit/test_doctor_access.c', 'tests/unit/test_doctor_keys.c',
         'tests/unit/test_doctor_memory.c')
ANSWERS, ANSWERS_PAGE = 'app/test-msi/explain_kinds.c', 'doc/reference/explain.rst'
ANSWERS_JUDGE = 'app/test-msi/explain_judge.c'
KIND = re.compile(r'\[(DOCTOR_\w+)\] = \{ "([\w-]+)", DOCTOR_(\w+),\s+((?:"(?:\\.|[^"\\])*"\s*)+)\}')
ROW = re.compile(r'(?m)^   \* - ``([\w-]+)``\n(.*(?:\n(?!   \* - ).*)*?)\n     - (\w+)$')
WHY = re.compile(r'- Why: ``((?:[^`]|\n)+?)``')
ANSWER = re.compile(r'\[(EXPLAIN_IS_\w+)\] = \{ "([\w-]+)",\s+"([^"]*)",\s+"([^"]*)" \}')
ANSWER_ROW = re.compile(r'(?m)^   \* - ``([\w-]+)``\n((?:(?!   \* - ).*\n?)*)')
CAUSE, DO = (re.compile(rf'- {word}: ``((?:[^`]|\n)+?)``') for word in ('Cause', 'Do'))


def of_code(code):
    """{name: (id, severity, why)} of the table in C."""
    return {name: (ident, severity.lower(), ''.join(re.findall(r'"((?:\\.|[^"\\])*)"', why)))
            for ident, name, severity, why in KIND.findall(code)}


def of_page(page):
    """{name: (severity, why)} of the rows of the page."""
    found = {}
    for name, body, severity in ROW.findall(page):
        why = WHY.search(body)
        found[name] = (severity, checkkit.flat(why[1]) if why else '')
    return found


def compare(code, page, judges, test):
    """Problems, in both directions."""
    kinds, rows = of_code(code), of_page(page)
    if not kinds:
        yield TABLE, 1, 'no table of findings'
    for name, (ident, severity, why) in kinds.items():
        if name not in rows:
            yield PAGE, 1, f'the page lacks {name}'
        elif rows[name] != (severity, why):
            yield PAGE, 1, f'{name} is {rows[name]} on the page, {(severity, why)} in {TABLE}'
        if not re.search(rf'\b{ident}\b', judges):
            yield TABLE, 1, f'no file judges {ident}'
        if not re.search(rf'expect_only\({ident}\b', test):
            yield TABLE, 1, f'{TESTS[0]} has no test for {ident}'
    for name in sorted(rows.keys() - kinds.keys()):
        yield PAGE, 1, f'the tool has no finding {name}'


def compare_answers(code, page, judge):
    """Problems of the answers of explain, in both directions."""
    kinds = {name: (ident, cause, cure) for ident, name, cause, cure in ANSWER.findall(code)}
    rows = {name: tuple(checkkit.flat(found[1]) if found else ''
                        for found in (form.search(body) for form in (CAUSE, DO)))
            for name, body in ANSWER_ROW.findall(page)}
    if not kinds:
        yield ANSWERS, 1, 'no table of answers'
    for name, (ident, *texts) in kinds.items():
        if rows.get(name) != tuple(texts):
            yield ANSWERS_PAGE, 1, f'{name} is {rows.get(name)} on the page, {texts} in {ANSWERS}'
        if not re.search(rf'\b{ident}\b', judge):
            yield ANSWERS, 1, f'nothing is judged as {ident}'
    for name in sorted(rows.keys() - kinds.keys()):
        yield ANSWERS_PAGE, 1, f'the tool has no answer {name}'


def self_test():
    """The check finds each kind of difference."""
    code = '[DOCTOR_A] = { "a-b", DOCTOR_FAULT,\n\t\t"it breaks" },'
    page = '   * - ``a-b``\n\n       - What: ``x``\n       - Why: ``it\n         breaks``\n     - fault\n'
    good = (code, page, 'DOCTOR_A', 'expect_only(DOCTOR_A,')
    for change, problems in (({}, 0), ({1: page.replace('a-b', 'a-c')}, 2), ({2: ''}, 1), ({3: ''}, 1),
                             ({1: page.replace('- fault', '- note')}, 1), ({0: ''}, 2),
                             ({1: page.replace('breaks', 'bends')}, 1)):
        found = list(compare(*(change.get(at, text) for at, text in enumerate(good))))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {change}: {found}'
    code = '[EXPLAIN_IS_A] = { "a-b",\n\t\t"rust",\n\t\t"paint it" },'
    page = '   * - ``a-b``\n\n       - Cause: ``rust``\n       - Do: ``paint\n         it``\n'
    judge = 'return EXPLAIN_IS_A;'
    for a, b, c, problems in ((code, page, judge, 0), (code, page.replace('rust', 'rain'), judge, 1),
                              (code, page.replace('it', 'all'), judge, 1), (code, '', judge, 1),
                              ('', page, judge, 2), (code, page, 'return EXPLAIN_IS_AB;', 1)):
        found = list(compare_answers(a, b, c))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {a!r}, {b!r}, {c!r}: {found}'


def check():
    """All problems of the project."""
    judges, tests = (''.join(checkkit.read(path) for path in paths) for paths in (JUDGES, TESTS))
    return [*compare(checkkit.read(TABLE), checkkit.read(PAGE), judges, tests),
            *compare_answers(*map(checkkit.read, (ANSWERS, ANSWERS_PAGE, ANSWERS_JUDGE)))]


if __name__ == '__main__':
    sys.exit(checkkit.main('check-findings', self_test, check))
