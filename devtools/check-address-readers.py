#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the list of DPDK's readers of physical addresses, devtools/address-readers.txt.

The list must have the drivers that the bus rejects if IOVAs are assigned, as the guide must, and no
other one. Each argument is a source tree of DPDK: the check fails if a folder of it asks the
kernel for physical addresses and the list lacks it, or if another driver registers in such a
folder. The suite "build" compares the list with the source of each release that the lab fetches.
"""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from labkit.addressreaders import (LIST, known, known_now, new, on_page, table,  # noqa: E402
                                   tree_summary)


def self_test():
    """Each rule finds its mistake."""
    texts = {'drivers/net/one/base/a.c': 'x = rte_mem_virt2iova (p);',
             'drivers/net/one/b.h': '#define NAME_ONE\tnet_one',
             'drivers/net/one/c.c': '/* rte_mem_virt2phy(p) */ RTE_PMD_REGISTER_PCI(NAME_ONE, pmd);',
             'drivers/net/intel/two/d.c': 'rte_mem_virt2phy(p); RTE_PMD_REGISTER_PCI(net_two, a);\n'
                                          'RTE_PMD_REGISTER_PCI(net_too, b);',
             'drivers/net/intel/other/e.c': 'rte_malloc_virt2iova(p); RTE_PMD_REGISTER_PCI(net_other, c);',
             'drivers/crypto/three/f.c': 'a = cop->phys_addr + rte_crypto_op_ctophys_offset(op, 1);',
             'drivers/common/three/g.c': '#define NAME "three"\nRTE_PMD_REGISTER_PCI(NAME, pmd);',
             'lib/four/h.c': 'op->iova_addr = rte_mem_virt2iova(op);',
             'lib/eal/linux/i.c': 'rte_mem_virt2phy(const void *p)'}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding='utf-8')
        lines = tree_summary(root)
    assert lines == ['crypto/three 2', 'lib/four 2', 'net/intel/two 1', 'net/one 1',
                     'common/three three', 'net/intel/other net_other', 'net/intel/two net_too',
                     'net/intel/two net_two', 'net/one net_one'], lines
    text = ('crypto/three  rejected: three\nlib/four  accepted: why\n'
            'net/intel/two  rejected: net_two; others: net_too\nnet/one  rejected: net_one net_uno\n')
    names = ['net_one', 'net_two', 'net_uno', 'three']
    folders, wrong = known(text, names, names)
    assert not wrong and not list(new(lines, folders)), (wrong, list(new(lines, folders)))
    for change in (('lib/four  accepted: why\n', ''), ('; others: net_too', ''),
                   ('rejected: three', 'rejected: tree')):
        assert len(list(new(lines, known(text.replace(*change), [], [])[0]))) == 1, change
    assert len(list(new(lines, known(text.replace('net_one net', 'net'), [], [])[0]))) == 2
    assert len(known(text, names[:3], names[:3])[1]) == len(known(text, names + ['x'], names + ['x'])[1]) == 1
    assert len(known(text, names, names[1:])[1]) == 1
    assert len(known('net/b  accepted: x\nnet/a  accepted: x\nnet/c  why\n', [], [])[1]) == 2
    assert table('readers[] = {\n\t{ "net_one", "rings" },\n\t{ "two", "lists" },\n};\n') == ['net_one', 'two']
    assert on_page('In the source these are net_one,\n  net_two and three. The bus') == ['net_one', 'net_two', 'three']
    print('self-test passed')


def main():
    """Check the list, and the source trees in argv."""
    if sys.argv[1:] == ['--self-test']:
        self_test()
        return 0
    folders, problems = known_now()
    problems = [f'devtools/{LIST.name}:{line}' for line in problems]
    for root in sys.argv[1:]:
        problems += new(tree_summary(pathlib.Path(root)), folders)
    print('\n'.join(problems + [f'check-address-readers: {len(problems)} problems']))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
