# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The JSON objects of dpdk-test-msi, validated with the schema that users get."""

import json
import tempfile

from . import host
from .build import SOURCE
from .progress import LabError, run
from .testing import expect, expect_equal

SCHEMA = SOURCE / 'doc/reference/dpdk-test-msi.schema.json'


def load(text, command, status=0):
    """The object that COMMAND printed, which must match the schema and its exit status."""
    host.need(['python3-jsonschema'])
    with tempfile.NamedTemporaryFile('w', suffix='.json', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        try:
            # Debian's own Python has the module, whichever one runs the lab.
            run(['/usr/bin/python3', '-m', 'jsonschema', '-i', file.name, SCHEMA])
        except LabError as error:
            expect(False, f'the JSON of {command} does not match {SCHEMA.name}: {error}\n{text}')
    found = json.loads(text)
    expect_equal((found['command'], found['status']), (command, status), f'command and exit status, in\n{text[-3000:]}')
    return found
