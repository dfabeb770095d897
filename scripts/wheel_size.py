# SPDX-License-Identifier: Apache-2.0
"""Refuses a wheel that is larger than docs/releasing.md promises.

python scripts/wheel_size.py WHEEL
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

LIBRARY = "robocache/librobocache.so.1"
CUDA_LIMIT, CPU_LIMIT = 20_000_000, 3_000_000
"""Bytes."""


def main(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        cuda = b"cudaGetDeviceCount" in archive.read(LIBRARY)
    size, limit = wheel.stat().st_size, CUDA_LIMIT if cuda else CPU_LIMIT
    said = f"{wheel.name}: {size / 1e6:.1f} MB, {'with' if cuda else 'without'} CUDA"
    if size >= limit:
        sys.exit(f"{said}: expected less than {limit / 1e6:.0f} MB")
    print(said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
