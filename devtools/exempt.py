# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Texts of two words in the code that are not messages, each with its use."""

EXEMPT = {
    '%*s %*s %*s %*s %n': 'lines of /proc/self/maps',
    '%*s %*s %15s %255s': 'lines of /proc/self/mounts',
    'PCI Bus %s': 'a line of /proc/iomem',
    'CPU implementer': 'a line of /proc/cpuinfo',
    'bits physical,': 'a line of /proc/cpuinfo',
    'likely lost': 'JSON of dpdk-test-msi',
    **dict.fromkeys(('IOAPIC', 'HPET', 'System RAM', 'System RAM (kmem)',
                     'System RAM (virtio_mem)', 'RAM buffer', 'Persistent Memory',
                     'Persistent Memory (legacy)', 'Unknown E820 type', 'Local APIC', 'PCI Bus',
                     'PCI ECAM', 'PCI MMCONFIG', 'Kernel'), 'names in /proc/iomem'),
    **dict.fromkeys(('cpu family', 'model name', 'address sizes', 'CPU architecture',
                     'CPU variant', 'CPU part'), 'words of /proc/cpuinfo'),
    **dict.fromkeys(('not blocked', 'not available', 'one call', 'pci bus of DPDK',
                     'busy read', 'EAL, vfio_msi', 'EAL, pci bus',
                     "EAL's memory can lie at good IOVAs",
                     "the place of EAL's memory is unknown",
                     "this user can't read physical addresses, so that IOVAs can't be assigned",
                     'no free address is a good IOVA for each page size and NUMA node',
                     ', one file', ', aim: at most %.3g: %s', '(one call alone: %.3g)',
                     'calls to map and unmap',
                     'all calls to VFIO and iommufd', 'time to map', 'time at exit', 'time in calls at exit',
                     "before EAL's memory is mapped", 'map memory', 'rest of rte_eal_init()',
                     'start of both ports', 'link and first packet', 'until the first packet'),
                    'results of the tool'),
    **dict.fromkeys((
        'layout of vfio_msi', 'sorted array', 'red-black tree', 'ranges in use',
        'ns per operation', 'Processor time to place and to release a range',
        'Two plots with logarithmic axes: nanoseconds to place and to release a range, by number '
        'of ranges. With %zu ranges the layout needs %.0f ns to place and %.0f ns to release, '
        'the sorted array %.0f and %.0f ns, the tree %.0f and %.0f ns.',
        'pages of %s, to map: ms per GiB', 'pages of %s, at exit: ms per GiB',
        'Bars for each way to map %u MiB: milliseconds per GiB to map and at exit, best of %u '
        'rounds.', "Time to map EAL's memory, and to release it at exit",
        'ms, median of all rounds; the lines below the bars are from the lowest to the highest',
        'A bar for each bus and backend: milliseconds from the start of EAL to the first packet, '
        'by phases, with %u MiB of memory.', 'Time from the start of EAL to the first packet',
        'Histograms with logarithmic axes: number of interrupts by the time from trigger to '
        'handling.', '%s, %s: median %.1f, 99.9 %% below %.1f microseconds.',
        'raised by the kernel (loopback)', 'raised by the device',
        'Time from the trigger of an interrupt to its handling',
        'I/O virtual addresses of', 'EAL may reserve memory here', 'EAL may reserve memory from here on',
        'SW_MSI would be reachable here', 'not translated by the IOMMU', 'begins bad', '%u MiB good',
        'EAL, pages of %u KiB, node %u, %s', 'EAL, assigned, lowest first', 'grid soft', 'one row: %s',
        'to scale', 'open hard', 'open soft'),
        'words in a picture'),
    **dict.fromkeys((
        'times of this bus and its layout, beside those of others', 'bench layout', 'bench map', 'bench startup',
        'mounted sizes',
        'a file about this machine, for list and layout on another',
        'whether interrupts of a device arrive, and if not, where they get lost',
        'PCI functions, their groups, and whether the bus can use them',
        'I/O virtual addresses the given devices may use, and why not others',
        'calls and time it takes to map memory, also by the pci bus',
        'whether packets from one device wake a thread that sleeps on a queue of another',
        '-r, --root DIR|FILE.tar another machine: its sys and proc, or what',
        '"dpdk-test-msi capture" wrote there',
        '-p, --aperture FIRST-LAST[,FIRST-LAST]... IOVAs that its IOMMU translates, and',
        '-s, --page-sizes 4K,2M,1G its pages: for a kernel that was not asked',
        '-j, --json one JSON object on stdout; all text goes to stderr',
        '-q, --quiet no progress on stderr'),
        'usage of the tool'),
}
