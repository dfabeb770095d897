# SPDX-License-Identifier: Apache-2.0
"""Columns as a table of Arrow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .extras import require

if TYPE_CHECKING:
    import pyarrow

METADATA = "robocache"
"""Key of the metadata document (JSON) in the schema of Parquet and the attributes of HDF5."""


def arrow_table(
    columns: Mapping[str, NDArray[Any]], units: Mapping[str, str | None], document: Any
) -> pyarrow.Table:
    """A table of one-dimensional columns with units in its fields and a document in its schema."""
    pyarrow = require("pyarrow", "table")
    arrays, fields = [], []
    for name, values in columns.items():
        array = pyarrow.array(np.ascontiguousarray(values))
        unit = units.get(name)
        arrays.append(array)
        fields.append(pyarrow.field(name, array.type, metadata=unit and {"unit": unit}))
    schema = pyarrow.schema(fields, metadata={METADATA: json.dumps(document)})
    return pyarrow.Table.from_arrays(arrays, schema=schema)
