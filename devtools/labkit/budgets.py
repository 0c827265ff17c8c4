# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""How long each suite may take, and who spent it: time of CI is limited.

Seconds on a quiet machine of two processors where two suites of guests run at a time
and all that guests need is made already.  Runs differ: a suite that takes more than its
budget times TOLERANCE fails.  Processors differ too: where many suites ran, half of them
slower than here makes a slower machine, and all are judged by its pace, up to PACE_MAX.
An issue that needs more takes it from where less is needed, and says so in the last column.
"""

import statistics

TOLERANCE = 1.5
# With fewer suites a slow machine can't be told from a slow suite.
MANY = 10
# A machine that is slower than this is none to judge by, or everything has become slower.
PACE_MAX = 2

# Suite: seconds, before the last issue that changed it, what that one added (+) or took away (-).
TABLE = {
    'checks': (10, 10, ''),
    'unit-gcc': (110, 120, ''),
    'unit-clang': (110, 120, ''),
    'build': (180, 180, ''),
    'arguments': (260, 440, '#8: - the other backend of three tests'),
    'boot': (200, 290, '#8: + x86-amdvi; - boots for stock DPDK, variants of an IOMMU'),
    'conformance': (50, 50, ''),
    'container': (110, 0, '#8: + a pod on Arm'),
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
    'memory': (270, 500, '#8: - the other backend; one boot for all kinds of files'),
    'neighbours': (180, 230, '#8: - the other backend'),
    'pages': (1, 0, '#8: nothing, all of it is for "lab soak"'),
    'peers': (270, 220, ''),
    'processes': (210, 500, '#8: - the other backend of two tests'),
    'reset': (60, 70, ''),
    'steer': (260, 0, '#8: + steering on x86 with 4 levels, AMD-Vi, short windows'),
    'sweep': (300, 270, ''),
    'testmsi': (170, 300, '#8: + x86-amdvi; - boots of single questions'),
    'traffic': (320, 600, '#8: + two host bridges; - second boots, the other backend, what steer has'),
    'vf': (70, 80, ''),
}

# They run one after another, before the others.
OF_HOST = ('checks', 'unit-gcc', 'unit-clang', 'build')

# What all of "lab test" may take on such a machine.
WHOLE = 45 * 60
SIDE_BY_SIDE = 2


def seconds(suite):
    """The budget of a suite; none when the table lacks it."""
    return TABLE.get(suite, (0,))[0]


def whole():
    """What all suites may take together, those of guests side by side."""
    of_guests = sum(row[0] for name, row in TABLE.items() if name not in OF_HOST)
    return sum(seconds(name) for name in OF_HOST) + of_guests / SIDE_BY_SIDE


def runs(suite):
    """Whether "lab test" has anything of the suite."""
    return seconds(suite) > 1


def pace(took):
    """How much slower than that of the table this machine is, 1 to PACE_MAX.

    TOOK: the seconds that each suite took.
    """
    ratios = [took[name] / seconds(name) for name in took if seconds(name)]
    return min(max(1, statistics.median(ratios)), PACE_MAX) if len(ratios) >= MANY else 1


def limits(took, slower):
    """(suite, the seconds it took, the most it may take where all is so much SLOWER)."""
    return [(name, took[name], seconds(name) * TOLERANCE * slower) for name in took]
