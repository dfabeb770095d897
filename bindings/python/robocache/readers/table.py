# SPDX-License-Identifier: Apache-2.0
"""CSV and Parquet: one table is one stream, named after the file; columns are fields.

The time column is the first named `timestamp`, `time`, `stamp` or `t`, with or without a unit as
in `time_ns`, `Time (s)` or `t [ms]`. Without a unit, times since 1970 show theirs by their size,
other times with a fraction are seconds, and for other whole numbers `time_unit` has to say it.
CSV times are read as decimal text, so that nanoseconds since 1970 survive. Date-times work too.

Units of other columns come from brackets in the name (`Gyroscope X (deg/s)` is `Gyroscope X` in
deg/s) or from the Parquet field metadata `unit`. List columns of constant length are [N,k], and so
are columns `q[0]`, `q[1]` ...
A Parquet table with an `episode_index` column (LeRobot) gives one stream per episode; the rate is
what the file metadata `rate` or `fps`, or the dataset's `meta/info.json` says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import Content, Progress, RecordedStream, Recording, RecordingError
from .guard import reading, require
from .items import array_of, join_items
from .kinds import classify
from .stamps import declared_rate, find_time, numbers_to_ns, split_unit, text_to_ns, time_name

PARQUET_MAGIC = b"PAR1"
_EPISODE = "episode_index"


def open_csv(
    path: Path, *, time_column: str | None = None, time_unit: str | None = None
) -> Recording:
    """Open a header line and rows, separated by whichever of comma, semicolon and tab the header
    has most of."""
    csv = require("pyarrow.csv", "table", path)
    pa = require("pyarrow", "table", path)
    with reading(path, "not readable as CSV"):
        with path.open("rb") as file:
            header = file.readline()
        parse = csv.ParseOptions(
            delimiter=max((",", ";", "\t"), key=lambda c: header.count(c.encode()))
        )
        with csv.open_csv(path, parse_options=parse) as head:
            raw_names = head.schema.names
        names = [name.strip() for name in raw_names]
        column = _time_column(path, names, time_column)
        convert = csv.ConvertOptions(column_types={raw_names[names.index(column)]: pa.string()})
        table = csv.read_csv(path, parse_options=parse, convert_options=convert)
    return _recording(path, "CSV", table.rename_columns(names), column, time_unit, {})


def open_parquet(
    path: Path, *, time_column: str | None = None, time_unit: str | None = None
) -> Recording:
    """Open a Parquet file."""
    parquet = require("pyarrow.parquet", "table", path)
    with reading(path, "damaged Parquet file"):
        table = parquet.read_table(path)
    column = _time_column(path, table.schema.names, time_column)
    metadata = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (table.schema.metadata or {}).items()
    }
    return _recording(path, "Parquet", table, column, time_unit, metadata)


def _recording(
    path: Path, format: str, table: Any, column: str, unit: str | None, metadata: dict[str, str]
) -> Recording:
    twice = [name for name, times in Counter(table.schema.names).items() if times > 1]
    if twice:
        raise RecordingError(path, f"several columns are named {twice[0]!r}")
    rate = declared_rate(metadata) or _lerobot_rate(path)
    tables = {path.stem: table}
    if _EPISODE in table.schema.names and format == "Parquet":
        compute = require("pyarrow.compute", "table", path)
        episodes = compute.unique(table[_EPISODE]).to_pylist()
        if len(episodes) > 1:
            tables = {
                f"episode_{episode:06d}": table.filter(compute.equal(table[_EPISODE], episode))
                for episode in episodes
            }

    def load(wanted: Sequence[str], progress: Progress | None) -> Mapping[str, Content]:
        contents = {}
        for name in wanted:
            with reading(path, f"column {column!r}"):
                header = _stamps(tables[name][column], time_name(column)[1] or unit)
            with reading(path, f"table {name!r}"):
                contents[name] = _content(tables[name], column, header)
            if progress:
                progress(len(contents), len(wanted))
        return contents

    streams = [
        RecordedStream(name, f"{format} table", one.num_rows, declared_rate=rate)
        for name, one in tables.items()
    ]
    return Recording(path, format, streams, load, metadata=metadata)


def _time_column(path: Path, names: Sequence[str], wanted: str | None) -> str:
    column = find_time(names) if wanted is None else wanted
    if column is None or column not in names:
        listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        what = f"no column {wanted!r}" if wanted else "no time column (timestamp, time, stamp, t)"
        raise RecordingError(path, f"{what} among {listed}")
    return column


def _stamps(column: Any, unit: str | None) -> NDArray[np.int64]:
    import pyarrow as pa

    if column.null_count:
        raise ValueError(f"{column.null_count} of {len(column)} times are missing")
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64()).to_numpy()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = column.to_pylist()
        if texts and ":" in texts[0]:
            return column.cast(pa.timestamp("ns", _zone(texts[0]))).cast(pa.int64()).to_numpy()
        return text_to_ns(texts, unit)
    return numbers_to_ns(column.to_numpy(), unit)


def _zone(text: str) -> str | None:
    return "UTC" if text.endswith("Z") or text[-6:-5] in ("+", "-") else None


def _content(table: Any, time_column: str, header: NDArray[np.int64]) -> Content:
    arrays: dict[str, NDArray[Any]] = {}
    units: dict[str, str | None] = {}
    left_out: dict[str, str] = {}
    short_names = Counter(split_unit(name)[0] for name in table.schema.names)
    for column, spec in zip(table.columns, table.schema, strict=True):
        if spec.name == time_column:
            continue
        name, unit = split_unit(spec.name)
        if short_names[name] > 1:  # One quantity in two units: `yaw (deg)` beside `yaw (rad)`.
            name = spec.name
        values = _values(column)
        if isinstance(values, str):
            left_out[name] = values
        else:
            arrays[name] = values
            units[array_of(name)] = (spec.metadata or {}).get(b"unit", b"").decode() or unit
    return Content(header, None, classify(join_items(arrays), units), left_out)


def _values(column: Any) -> NDArray[Any] | str:
    """The column as an array, or the reason why it is none."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        rows = column.combine_chunks()
        lengths = set(rows.value_lengths().to_pylist()) if len(rows) else {0}
        if len(lengths) > 1 or None in lengths:
            return f"{min(lengths - {None})} to {max(lengths - {None})} items per row"
        items = _values(pa.chunked_array([rows.flatten()]))
        return items if isinstance(items, str) else items.reshape(len(rows), -1)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array([text or "" for text in column.to_pylist()], object)
    if pa.types.is_boolean(kind) and not column.null_count:
        return column.to_numpy().astype(np.bool_)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy()  # Nulls become NaN.
    return f"type {kind}"


def _lerobot_rate(path: Path) -> float | None:
    """`fps` of the LeRobot dataset that the file lies in: data/chunk-000/FILE beside meta/."""
    for folder in list(path.absolute().parents)[1:3]:
        info = folder / "meta" / "info.json"
        if info.is_file():
            with reading(info, "not readable"):
                return declared_rate(json.loads(info.read_text()))
    return None
