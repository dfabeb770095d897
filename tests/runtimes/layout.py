# SPDX-License-Identifier: Apache-2.0
"""Offsets and sizes in docs/how-to/ctypes.md, for lines of "struct field" and "struct"."""

import sys

import librobocache

structs = {getattr(value, "__name__", ""): value for value in vars(librobocache).values()}
for line in sys.stdin:
    struct, *field = line.split()
    if field:
        print(getattr(structs[struct], *field).offset)
    else:
        print(librobocache.sizeof(structs[struct]))
