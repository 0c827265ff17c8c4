# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Sphinx: sphinx-build -W -b html doc OUTPUT; -b man for the manual pages."""

import pathlib
import re

_SOURCE = pathlib.Path(__file__).parents[1]
_MESON = (_SOURCE / 'meson.build').read_text(encoding='utf-8')
_TOOL = (_SOURCE / 'app/test-msi/main.c').read_text(encoding='utf-8')

project = 'vfio_msi'
copyright = '2026, The vfio_msi authors'  # pylint: disable=redefined-builtin
release = re.search(r"version: '([^']+)'", _MESON)[1]
extensions = []
html_theme = 'alabaster'
html_show_sourcelink = False
highlight_language = 'none'

# Pages of the reference that are also manual pages: (page, name, what, authors, section).
man_pages = [
    ('reference/vfio_msi', 'vfio_msi', 'DPDK bus that gives devices IOVAs which work', '', 7),
    ('reference/dpdk-test-msi', 'dpdk-test-msi',
     'examine PCI devices for the DPDK bus vfio_msi', '', 1),
] + [
    (f'reference/dpdk-test-msi-{name}', f'dpdk-test-msi-{name}', about, '', 1)
    for name, about in re.findall(r'(?m)^\t\{ "(\w+)", "([^"]*)",\s+cmd_\w+(?:,\s+true)? \},$', _TOOL)
]
man_make_section_directory = False
man_show_urls = False
