# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Time budgets of the suites.

A budget is in seconds, on an idle machine with two processors that runs two guest suites
in parallel and has everything that guests need in its cache.  (With three, the default there,
each takes somewhat longer, and all of them less.)  "lab test" names each suite that takes more
than its budget times TOLERANCE.  It fails if the budgets together exceed WHOLE, or if it takes
longer than COLD itself.  Slower machines are allowed for: if many suites ran, all budgets are
multiplied by the median of (time taken / budget), up to PACE_MAX.
A change that needs more time for one suite must save it in another one; the last column
records both.
"""

import statistics

TOLERANCE = 1.5
# With fewer suites, a slow suite looks the same as a slow machine.
MANY = 10
# Above this, either the machine is too slow for a verdict or all suites became slower.
PACE_MAX = 2

# Suite: seconds, seconds before the last change, what that change added (+) or removed (-).
TABLE = {
    'checks': (10, 10, ''),
    'unit-gcc': (85, 60, '#14: + corpora of the fuzzers'),
    'fuzz': (40, 0, '#14: + libFuzzer'),
    'unit-clang': (100, 70, '#14: + corpora of the fuzzers'),
    'unit-tsan': (1, 0, '#15: nothing, all of it is for "lab soak"'),
    'build': (90, 100, '#11: - its budget was too large'),
    'applications': (1, 0, '#10: nothing, all of it is for "lab soak"'),
    'arguments': (220, 250, '#11: + refused memory; - memory options, which memory has'),
    'boot': (200, 180, '#14: + doctor for users and units'),
    'conformance': (45, 50, '#14: + allocations that fail'),
    'container': (130, 110, '#10: + a pod without nodes'),
    'drivers': (160, 170, '#8: - the other backend of four tests'),
    'examples': (130, 140, '#8: - the other backend of all tests'),
    'holes': (240, 210, '#12: + grades of MSI, prediction and fallback'),
    'hotplug': (210, 220, '#8: - type1 under traffic, which kernels has; the other backend'),
    'interrupts': (210, 190, '#12: + errors, affinity'),
    'iommufd': (170, 190, ''),
    'irq': (190, 190, '#12: - two boots, which testmsi has'),
    'kernels': (225, 280, '#14: - its budget was too large'),
    'leaving': (90, 220, '#8: - the other backend'),
    'lts': (190, 250, ''),
    'mapping': (1, 0, '#11: nothing, all of it is for "lab soak"'),
    'memory': (340, 370, '#11: + page tables'),
    'names': (100, 90, '#11: + drivers that are removed in a callback, or do not release their device'),
    'neighbours': (180, 230, '#8: - the other backend'),
    'noiommu': (70, 60, '#14: + map, doctor with keys'),
    'packages': (1, 0, '#14: nothing, all of it is for "lab soak"'),
    'pages': (1, 0, '#8: nothing, all of it is for "lab soak"'),
    'power': (1, 0, '#13: nothing, all of it is for "lab soak"'),
    'peers': (240, 270, ''),
    'processes': (180, 210, '#8: - the other backend of two tests'),
    'reset': (50, 70, ''),
    'steer': (260, 280, '#11: + assigned IOVAs'),
    'sweep': (230, 300, ''),
    'testmsi': (280, 200, '#14: + explain, doctor --try, signals'),
    'traffic': (320, 350, '#11: + two page sizes on four nodes'),
    'vf': (60, 80, ''),
}

# These suites run on the host, one after another, before the others.
OF_HOST = ('checks', 'unit-gcc', 'unit-clang', 'unit-tsan', 'fuzz', 'build')

# Seconds that all of "lab test" may take on such a machine, and with nothing cached.
WHOLE = 45 * 60
COLD = 65 * 60
SIDE_BY_SIDE = 2


def seconds(suite):
    """The budget of a suite; 0 if the table lacks it."""
    return TABLE.get(suite, (0,))[0]


def whole():
    """The sum of all budgets; guest suites run in parallel."""
    of_guests = sum(row[0] for name, row in TABLE.items() if name not in OF_HOST)
    return sum(seconds(name) for name in OF_HOST) + of_guests / SIDE_BY_SIDE


def runs(suite):
    """Whether "lab test" runs any test of the suite."""
    return seconds(suite) > 1


def pace(took):
    """How many times slower than the table's machine this one is, from 1 to PACE_MAX.

    TOOK: the seconds that each suite took.
    """
    ratios = [took[name] / seconds(name) for name in took if seconds(name)]
    return min(max(1, statistics.median(ratios)), PACE_MAX) if len(ratios) >= MANY else 1


def limits(took, slower):
    """(suite, seconds it took, seconds allowed on a machine that is SLOWER times slower)."""
    return [(name, took[name], seconds(name) * TOLERANCE * slower) for name in took]
