# SPDX-License-Identifier: Apache-2.0
"""What `robocache.align.align` returns: one table on one clock, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._arrow import arrow_table
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    import pandas
    import pyarrow

SCHEMA = "robocache.aligned/1"
"""Name and version of `Aligned.metadata`, in every file that `robocache align` writes."""
TIME = "time_ns"
"""Name of the clock's column."""


def valid_name(stream: str) -> str:
    """Name of the validity column of a stream."""
    return f"valid:{stream}"


def put(table: dict[str, Any], name: str, values: Any) -> None:
    """Adds a column under a name that no other has.

    Raises
    ------
    InvalidArgumentError
        Another one has it: a field "q[0]" beside a vector "q", or a stream called "valid".
    """
    if name in table:
        raise InvalidArgumentError(
            f"columns: expected names that differ; got two columns for {name!r} (leave one out)"
        )
    table[name] = values


@dataclass(frozen=True)
class Aligned:
    """Streams of a recording on one clock; T ticks.

    A float is NaN, a number 0, a flag False and a text "" where its stream is not valid, and floats
    are also NaN where the recording itself holds NaN; validity is about time only.
    """

    clock: NDArray[np.int64]
    """[T] nanoseconds, increasing, on the clock of the recording's stamps."""
    columns: Mapping[str, NDArray[Any]]
    """[T] or [T,k] by `STREAM:FIELD`; `STREAM:index` for streams without fields (images): the
    message to take, -1 for none."""
    valid: Mapping[str, NDArray[np.bool_]]
    """[T] by stream: whether there was something to align at that tick."""
    metadata: Mapping[str, Any]
    """The document that the writers store, see docs/aligned-files.md."""

    def __len__(self) -> int:
        return len(self.clock)

    @property
    def modes(self) -> dict[str, str]:
        """Interpolation by column."""
        return {name: about["mode"] for name, about in self.metadata["columns"].items()}

    @property
    def units(self) -> dict[str, str | None]:
        """Unit by column, None where the recording states none."""
        return {name: about["unit"] for name, about in self.metadata["columns"].items()}

    @property
    def notes(self) -> list[str]:
        """What a careful user should know about this alignment, one line each."""
        return list(self.metadata["notes"])

    def flat(self) -> dict[str, NDArray[Any]]:
        """Columns of one dimension, by name: clock, values, validity, as a table wants them.

        A column of several channels becomes `NAME.x` and so on for quaternions, else `NAME[0]`.

        Raises
        ------
        InvalidArgumentError
            Two columns would have one name.
        """
        table: dict[str, NDArray[Any]] = {TIME: self.clock}
        for name, values in self.columns.items():
            labels = self.metadata["columns"][name]["labels"]
            if labels is None:
                put(table, name, values)
            else:
                for channel, label in enumerate(labels):
                    put(table, label, values[:, channel])
        for stream, valid in self.valid.items():
            put(table, valid_name(stream), valid)
        return table

    def flat_units(self) -> dict[str, str | None]:
        """Unit of each value of `flat()`, None where the recording states none."""
        units: dict[str, str | None] = {TIME: "ns"}
        for name, about in self.metadata["columns"].items():
            units.update(dict.fromkeys(about["labels"] or [name], about["unit"]))
        return units

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame of `flat()`, indexed by the clock as int64 nanoseconds; needs pandas."""
        import pandas

        table = self.flat()
        index = pandas.Index(table.pop(TIME), name=TIME)
        return pandas.DataFrame(table, index=index)

    def to_arrow(self) -> pyarrow.Table:
        """A table of `flat()` with units and metadata in its schema; needs `robocache[table]`."""
        return arrow_table(self.flat(), self.flat_units(), self.metadata)
