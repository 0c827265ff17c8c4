# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Facts that guest scripts print, a line of JSON each; tests/lab/guest/facts.sh prints them.

Nothing is guessed: a line that is no fact, one fact twice and one that is missing fail
the test, and the text says which.
"""

import json

from .testing import expect

TAIL = 2000


def _fact(number, line):
    """Name and value of one line."""
    try:
        fact = json.loads(line)
    except ValueError:
        fact = None
    expect(isinstance(fact, dict) and list(fact) == ['fact', 'value']
           and isinstance(fact['fact'], str) and isinstance(fact['value'], (str, int)),
           f'line {number} is no fact: {line[:200]!r}')
    return fact['fact'], fact['value']


class Facts:
    """What one guest printed, by name: facts["status"]."""

    def __init__(self, text):
        self._facts = {}
        lines = text.split('\n')
        expect(lines.pop() == '', f'line {len(lines) + 1} is cut short')
        for number, line in enumerate(lines, 1):
            name, value = _fact(number, line)
            expect(name not in self._facts, f'line {number}: fact "{name}" comes twice')
            self._facts[name] = value

    def __getitem__(self, name):
        expect(name in self._facts,
               f'no fact "{name}"; there are: {", ".join(self._facts) or "none"}')
        return self._facts[name]

    def __contains__(self, name):
        return name in self._facts

    def names(self):
        """The names, in the order in which they were printed."""
        return list(self._facts)

    def of(self, prefix):
        """The facts whose names begin with PREFIX, under their names without it."""
        part = Facts('')
        part._facts = {name[len(prefix):]: value for name, value in self._facts.items()
                       if name.startswith(prefix)}
        return part

    def text(self, name):
        """A fact that is a string; an output that looks like a number is one, too."""
        return str(self[name])

    def check(self, log='', **wanted):
        """Each of these facts is what is wanted; LOG names one whose end is shown if not."""
        wrong = [f'{name} is {self[name]!r}, not {value!r}' for name, value in wanted.items()
                 if self[name] is not value and
                 (self[name] != value or isinstance(self[name], bool) or isinstance(value, bool))]
        expect(not wrong, '; '.join(wrong) + (f', after\n{self.text(log)[-TAIL:]}' if log else ''))


def read(result):
    """The facts of a guest whose script came to its end."""
    shown = result.stdout[-TAIL:].replace('\\n', '\n')
    expect(result.status == 0, f'exit status is {result.status} ({result.error}), after\n'
           f'{shown}{result.stderr[-TAIL:]}')
    return Facts(result.stdout)
