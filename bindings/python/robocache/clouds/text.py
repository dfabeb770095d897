# SPDX-License-Identifier: Apache-2.0
"""Clouds as text, one point per line: CSV with a header, or bare columns.

Separated by commas, semicolons, tabs or blanks. Without a header the columns are x, y, z, then
`column_3`, `column_4` ... Lines that begin with # are comments, but for a header.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..readers.guard import reading
from ..readers.stamps import find_time, text_to_ns, time_name
from .cloud import AXES, Cloud, from_columns

SUFFIXES = (".csv", ".tsv", ".txt", ".xyz", ".asc")


def read_text(path: Path) -> Cloud:
    """Read all columns as float64, and a column of times without going through a float."""
    with reading(path, "not readable as CSV"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # That there is no row.
        with path.open(encoding="utf-8") as file:
            first = file.readline().lstrip("#/").strip()
        separator = next((one for one in ",;\t" if one in first), None)
        cells = [cell.strip().strip('"') for cell in first.split(separator)]
        bare = all(_is_number(cell) for cell in cells)
        layout: dict[str, Any] = {"delimiter": separator, "skiprows": 0 if bare else 1}
        rows = np.loadtxt(path, ndmin=2, encoding="utf-8", **layout)
        if bare:
            extra = [f"column_{index}" for index in range(len(AXES), len(cells))]
            cells = [*AXES, *extra][: len(cells)]
        if rows.size == 0:
            rows = rows.reshape(0, len(cells))
        if rows.shape[1] != len(cells):
            raise ValueError(f"expected {len(cells)} columns, got {rows.shape[1]}")
        if len(set(cells)) < len(cells):
            raise ValueError(f"several columns have one name among {', '.join(cells)}")
        columns: dict[str, NDArray[Any]] = dict(zip(cells, rows.T, strict=True))
        time = find_time(cells)
        if time is not None:
            column = cells.index(time)
            texts = np.loadtxt(
                path, str, usecols=column, ndmin=1, encoding="utf-8", **layout
            ).tolist()
            unit = time_name(time)[1]
            with suppress(ValueError):  # Of an open unit: stays a feature, as from_columns says.
                stamps = text_to_ns(texts, unit)
                del columns[time]
                columns["time_ns"] = stamps
    return from_columns(path, "CSV", columns)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
