#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the list of users of VFIO groups and containers in DPDK, devtools/vfio-callers.txt.

The list must have the drivers that the bus rejects and no other one. Each argument is a source
tree of DPDK: the check fails if a folder of it uses VFIO groups or containers and the list
lacks it, or if a driver has another name there. The suite "build" compares the list with the
source of each release that the lab fetches.
"""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from labkit.vfiocallers import (LIST, known, known_now, new, rejected, table,  # noqa: E402
                                tree_summary)


def self_test():
    """Each rule finds its mistake."""
    texts = {'drivers/net/one/base/a.c': 'fd = rte_vfio_container_create();',
             'drivers/net/one/b.c': '/* rte_vfio_container_create() */ RTE_PMD_REGISTER_PCI(net_one, pmd);',
             'drivers/net/two/c.c': 'ioctl(fd, VFIO_SET_IOMMU, 1);',
             'drivers/vdpa/four/f.c': 'rte_vfio_get_group_fd(1);',
             'drivers/common/four/f.c': '#define NAME "four"',
             'drivers/net/three/d.c': 'rte_vfio_noiommu_is_enabled();',
             'lib/eal/linux/e.c': 'rte_vfio_container_create(void)'}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding='utf-8')
        lines = tree_summary(root, ['net_one', 'four'])
    assert lines == ['net/one 1', 'net/two 1', 'vdpa/four 1', 'common/four four', 'net/one net_one'], lines
    text = 'net/one  driver net_one\nnet/two  accepted: why\nvdpa/four  driver four of common/four\n'
    folders, wrong = known(text, ['net_one', 'four'])
    assert not wrong and not list(new(lines, folders)), (wrong, list(new(lines, folders)))
    for change in (('net/two  accepted: why\n', ''), ('driver net_one', 'driver net_uno'),
                   (' of common/four', '')):
        assert len(list(new(lines, known(text.replace(*change), [])[0]))) == 1, change
    assert len(known(text, ['net_one'])[1]) == len(known(text, ['net_one', 'four', 'x'])[1]) == 1
    assert len(known('net/b  accepted: x\nnet/a  accepted: x\nnet/c  why\n', [])[1]) == 2
    assert table('own_containers[] = {\n\t{ "net_one", NULL, NULL },\n};\n') == ['net_one']
    print('self-test passed')


def main():
    """Check the list, and the source trees in argv."""
    if sys.argv[1:] == ['--self-test']:
        self_test()
        return 0
    folders, problems = known_now()
    problems = [f'devtools/{LIST.name}:{line}' for line in problems]
    for root in sys.argv[1:]:
        problems += new(tree_summary(pathlib.Path(root), rejected()), folders)
    print('\n'.join(problems + [f'check-vfio-callers: {len(problems)} problems']))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
