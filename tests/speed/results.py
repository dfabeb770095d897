# SPDX-License-Identifier: Apache-2.0
"""Results that no machine measured."""

from __future__ import annotations

from bench.peers.measure import OWN, Row, Suite

GPU = "NVIDIA Example"


def row(work: str = "some work", way: str = OWN, microseconds: float = 10.0, **rest: object) -> Row:
    """A cold row that moves 20 kB; its floor is that of a copy of 4000 GB/s."""
    moved = 20_000
    floor = moved / 4000 * 1e-3
    values = {"cache": "cold", "bytes": moved, "floor": floor, "share": floor / microseconds}
    return Row(work, way, microseconds, **{**values, **rest})


def suite(name: str, *rows: Row, device: str = GPU) -> Suite:
    where = {
        "device": device, "processor": "Example", "cores": 4, "date": "2026-01-31",
        "commit": "0123456789ab", "command": "python -m bench.example", "versions": {"python": "3"},
    }  # fmt: skip
    return Suite(name, where, {0: 4000.0}, list(rows))
