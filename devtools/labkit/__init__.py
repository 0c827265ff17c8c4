# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The emulated lab: builds guests, boots them, runs commands and tests in them."""
