#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the list of places in DPDK that use the name of a device, devtools/device-names.txt.

Each argument is a source tree of DPDK: the check fails if it has a place that the list
lacks. Without an argument only the list itself is checked; the suite "build" compares it
with the source of each release that the lab fetches.
"""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from labkit.devicenames import found_in, known, new, read_in, tree  # noqa: E402

LIST = pathlib.Path(__file__).resolve().parent / 'device-names.txt'


def self_test():
    """Each rule finds its mistake."""
    texts = {'drivers/net/one/a.c': 'x = strncmp(a, pci_dev->device.name, 17);',
             'drivers/net/two/b.c': 'PMD_LOG("%s", pci_dev->device.name); printf("%s", dev->device->name);',
             'lib/three/c.c': '/* strcmp(device.name) */ snprintf(s, f(1), "%s", rte_dev_name(d));'}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True)
            (root / path).write_text(text, encoding='utf-8')
        found = found_in(tree(root))
    assert found == {'one/a.c': 1, 'three/c.c': 1}, found
    assert new(found, {'one/a.c': 1, 'three/c.c': 2}) == []
    assert [line.split(':')[0] for line in new(found, {'three/c.c': 1})] == ['one/a.c']
    assert known('# x\none/a.c 1  what\n') == ({'one/a.c': 1}, [])
    assert len(known('one/b.c 1  what\none/a.c 1  what\none/c.c 1\n')[1]) == 2
    text = '# Read in\n# 22.11.11, 24.11.4 and 25.11.\n\n'
    assert [read_in(text, series) for series in ('22.11', '24.11', '25.11', '2.11', '26.11')] == \
        [['22.11.11'], ['24.11.4'], ['25.11'], [], []]
    print('self-test passed')


def main():
    """Check the list, and the source tree in argv."""
    if sys.argv[1:] == ['--self-test']:
        self_test()
        return 0
    counts, problems = known(LIST.read_text(encoding='utf-8'))
    problems = [f'devtools/{LIST.name}:{line}' for line in problems]
    for root in sys.argv[1:]:
        problems += new(found_in(tree(pathlib.Path(root))), counts)
    print('\n'.join(problems + [f'check-device-names: {len(problems)} problems']))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
