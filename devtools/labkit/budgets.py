# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Time budgets of the suites.

A budget is in seconds, on an idle machine with two processors that runs two guest suites
in parallel and has everything that guests need in its cache.  A suite that takes more
than its budget times TOLERANCE fails.  Slower machines are allowed for: if many suites
ran, all budgets are multiplied by the median of (time taken / budget), up to PACE_MAX.
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
    'unit-gcc': (60, 80, ''),
    'unit-clang': (70, 80, ''),
    'build': (180, 180, ''),
    'applications': (1, 0, '#10: nothing, all of it is for "lab soak"'),
    'arguments': (250, 260, '#11: + refused memory; - memory options, which memory has'),
    'boot': (200, 290, '#8: + x86-amdvi; - boots for stock DPDK, variants of an IOMMU'),
    'conformance': (40, 50, ''),
    'container': (130, 110, '#10: + a pod without nodes'),
    'drivers': (170, 260, '#8: - the other backend of four tests'),
    'examples': (140, 250, '#8: - the other backend of all tests'),
    'holes': (180, 200, ''),
    'hotplug': (220, 510, '#8: - type1 under traffic, which kernels has; the other backend'),
    'interrupts': (160, 210, '#8: + x86-amdvi; - the other backend'),
    'iommufd': (170, 190, ''),
    'irq': (160, 190, '#8: + x86-amdvi; - type1, which kernels has'),
    'kernels': (280, 0, '#8: + 6.1 and 6.12 on two platforms'),
    'leaving': (110, 220, '#8: - the other backend'),
    'lts': (250, 220, ''),
    'memory': (310, 270, '#11: + many growths, memory options of EAL with packets'),
    'names': (90, 0, '#10: + names, second calls, flags of drivers, compared with the pci bus'),
    'neighbours': (180, 230, '#8: - the other backend'),
    'pages': (1, 0, '#8: nothing, all of it is for "lab soak"'),
    'peers': (270, 220, ''),
    'processes': (210, 500, '#8: - the other backend of two tests'),
    'reset': (60, 70, ''),
    'steer': (280, 260, '#11: + assigned IOVAs'),
    'sweep': (300, 270, ''),
    'testmsi': (170, 300, '#8: + x86-amdvi; - boots of single questions'),
    'traffic': (320, 320, '#11: + four NUMA nodes, in a boot that exists'),
    'vf': (70, 80, ''),
}

# These suites run on the host, one after another, before the others.
OF_HOST = ('checks', 'unit-gcc', 'unit-clang', 'build')

# Seconds that all of "lab test" may take on such a machine.
WHOLE = 45 * 60
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
