# SPDX-License-Identifier: Apache-2.0
"""What was measured, printed."""

from __future__ import annotations

import sys
from typing import TextIO

from robocache.context import enable_metrics, live_contexts

__all__ = ["enable_metrics", "print_metrics"]

_HEAD = ("context", "operation", "calls", "items", "MB", "total ms", "min us", "max us")


def print_metrics(file: TextIO | None = None) -> None:
    """Prints what the contexts of this process measured; `enable_metrics` turns measuring on.

    Parameters
    ----------
    file
        Where to; default: standard output.
    """
    rows = [_HEAD]
    for context in live_contexts():
        for operation, found in context.metrics().items():
            if found.calls:
                rows.append(
                    (
                        context.device,
                        operation,
                        str(found.calls),
                        str(found.items),
                        f"{found.bytes / 1e6:.3f}",
                        f"{found.total_ns / 1e6:.3f}",
                        f"{found.min_ns / 1e3:.1f}",
                        f"{found.max_ns / 1e3:.1f}",
                    )
                )
    if len(rows) == 1:
        print(
            "nothing was measured; robocache.enable_metrics() turns it on", file=file or sys.stdout
        )
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        print("  ".join(left + right), file=file or sys.stdout)
