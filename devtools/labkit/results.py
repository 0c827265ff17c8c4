# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The results of lab suites as pages of the documentation, one per suite.

A page lists the tests that passed, by platform, and figures that are the same in every
run.  It has no dates and no times, so it changes only if the project does.
"""

from . import build

PAGES = build.SOURCE / 'doc/results'

# With more columns, a page lists the platforms in one cell.
COLUMNS_MAX = 5

HEAD = '''\
..  SPDX-License-Identifier: BSD-3-Clause
    Copyright(c) 2026 The vfio_msi authors
    Written by "devtools/lab test --results"; do not edit.

{title}
{line}

{about}

'''


def _table(rows, first=None):
    """A list-table of RST; the first row is its header, the first column has FIRST percent."""
    others = len(rows[0]) - 1
    first = first or 100 - others * (12 if others > 3 else 20)
    widths = ' '.join(map(str, [first] + [(100 - first) // others] * others))
    lines = ['.. list-table::', '   :header-rows: 1', f'   :widths: {widths}', '']
    for row in rows:
        lines += [f'   {"* -" if i == 0 else "  -"} {cell}'.rstrip() for i, cell in enumerate(row)]
    return '\n'.join(lines) + '\n'


def page(name, about, cases):
    """The page of one suite; CASES: its passed cases."""
    columns = list(dict.fromkeys(case.column for case in cases))
    tests = list(dict.fromkeys(case.test for case in cases))
    passed = {(case.test, case.column) for case in cases}
    text = HEAD.format(title=name, line='=' * len(name), about=about)
    if len(columns) > COLUMNS_MAX:
        rows = [[test, '; '.join(column for column in columns if (test, column) in passed)]
                for test in tests]
        text += _table([['Test', 'Passed on'], *rows], 35)
    else:
        rows = [[test, *('passed' if (test, column) in passed else '' for column in columns)]
                for test in tests]
        text += _table([['Test', *columns], *rows])
    figures = [(case.test, case.column, what, value)
               for case in cases for what, value in case.figures]
    if figures:
        text += '\nFigures:\n\n' + _table([['Test', 'Platform', 'What', 'How much'], *figures])
    return text


def write(name, about, cases):
    """Write the page of a suite."""
    PAGES.mkdir(exist_ok=True)
    (PAGES / f'{name}.rst').write_text(page(name, about, cases), encoding='utf-8')
