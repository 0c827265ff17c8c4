# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Sphinx: sphinx-build -W -b html doc OUTPUT."""

import pathlib
import re

_MESON = (pathlib.Path(__file__).parents[1] / 'meson.build').read_text(encoding='utf-8')

project = 'vfio_msi'
copyright = '2026, The vfio_msi authors'  # pylint: disable=redefined-builtin
release = re.search(r"version: '([^']+)'", _MESON)[1]
extensions = []
html_theme = 'alabaster'
html_show_sourcelink = False
highlight_language = 'none'
