# SPDX-License-Identifier: Apache-2.0
"""What is written is what was aligned, in every format, and the file is whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import robocache as rc
from robocache.align import align
from robocache.aligned import Aligned
from robocache.files import whole_file
from robocache.readers.kinds import classify
from robocache.recording import Content, RecordedStream, Recording
from robocache.writers import read_metadata, write

EPOCH = 1_700_000_000_000_000_001
LIBRARIES = {".parquet": "pyarrow", ".h5": "h5py", ".hdf5": "h5py", ".npz": "numpy"}


@pytest.fixture
def aligned() -> Aligned:
    stamps = EPOCH + 100_000_000 * np.arange(5, dtype=np.int64)
    fields = classify(
        {
            "q": np.tile([0.0, 0.6, 0.0, 0.8], (5, 1)),
            "speed": np.array([0.0, 1.0, np.nan, 3.0, 4.0], np.float32),
            "count": 2**62 + np.arange(5, dtype=np.int64),
            "big": np.full(5, 2**64 - 1, np.uint64),
            "ready": np.array([True, False, True, False, True]),
            "note": np.array(["", "\u00e4", "b", "c", "d"], object),
        },
        {"speed": "m/s"},
    )
    contents = {
        "/imu/data": Content(stamps, None, fields),
        "/camera": Content(stamps + 250_000_000, None),
    }
    streams = [RecordedStream(name, "test", 5) for name in contents]
    recording = Recording("made.up", "test", streams, lambda names, _: contents)
    return align(recording, rate="30000/1001", max_gap=1)


@pytest.fixture(params=sorted(LIBRARIES))
def written(request: pytest.FixtureRequest, aligned: Aligned, tmp_path: Path) -> Path:
    pytest.importorskip(LIBRARIES[request.param])
    path = tmp_path / f"out{request.param}"
    write(aligned, path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    return path


def test_metadata_comes_back(aligned: Aligned, written: Path) -> None:
    found = read_metadata(written)
    assert found == json.loads(json.dumps(aligned.metadata))
    assert found["schema"] == "robocache.aligned/1"
    assert found["clock"]["rate_hz"] == "30000/1001"
    assert found["clock"]["first_ns"] == EPOCH
    assert found["columns"]["/imu/data:speed"]["unit"] == "m/s"
    assert found["columns"]["/imu/data:q"]["mode"] == "slerp"
    assert found["streams"]["/camera"]["samples"] == 5


def test_parquet_holds_the_flat_table(aligned: Aligned, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write(aligned, tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet")
    flat = aligned.flat()
    assert table.column_names == list(flat)
    for name, values in flat.items():
        got = table[name].to_numpy()
        assert got.dtype == values.dtype, name
        np.testing.assert_array_equal(got, values)
    assert table.schema.field("/imu/data:speed").metadata == {b"unit": b"m/s"}
    assert table.schema.field("time_ns").metadata == {b"unit": b"ns"}


def test_hdf5_holds_groups_of_streams(aligned: Aligned, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    write(aligned, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["time_ns"], aligned.clock)
        for name, values in aligned.columns.items():
            stream, _, field = name.partition(":")
            dataset = file["values"][stream.strip("/").replace("/", ".")][field]
            got = dataset.asstr()[()] if values.dtype.kind == "O" else dataset[()]
            assert got.dtype == values.dtype, name
            np.testing.assert_array_equal(got, values)
        np.testing.assert_array_equal(file["valid/imu.data"], aligned.valid["/imu/data"])
        assert file["values/imu.data/speed"].attrs["unit"] == "m/s"
        assert file["values/imu.data/q"].attrs["mode"] == "slerp"


def made_up(contents: dict[str, dict[str, np.ndarray]]) -> Aligned:
    """Streams of fields, aligned."""
    stamps = EPOCH + 100_000_000 * np.arange(3, dtype=np.int64)
    given = {name: Content(stamps, None, classify(fields)) for name, fields in contents.items()}
    streams = [RecordedStream(name, "test", 3) for name in given]
    return align(Recording("made.up", "test", streams, lambda names, _: given), rate=10)


def test_names_that_meet_are_refused(tmp_path: Path) -> None:
    one = np.zeros(3)
    meeting = made_up({"arm": {"q": np.zeros((3, 2)), "q[0]": one}})
    with pytest.raises(rc.InvalidArgumentError, match=r"two columns for 'arm:q\[0\]'"):
        meeting.flat()
    # NPZ keeps vectors whole.
    write(meeting, tmp_path / "arm.npz")
    meeting = made_up({"valid": {"arm": one}, "arm": {"x": one}})
    with pytest.raises(rc.InvalidArgumentError, match="two columns for 'valid:arm'"):
        write(meeting, tmp_path / "out.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["arm.npz"]


def test_npz_needs_no_pickle(aligned: Aligned, tmp_path: Path) -> None:
    write(aligned, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["time_ns"], aligned.clock)
        for name, values in aligned.columns.items():
            np.testing.assert_array_equal(arrays[name], values)
        for stream, valid in aligned.valid.items():
            np.testing.assert_array_equal(arrays[f"valid:{stream}"], valid)


def test_parquet_can_be_aligned_again(aligned: Aligned, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write(aligned, tmp_path / "out.parquet")
    again = align(tmp_path / "out.parquet", rate="30000/1001")
    np.testing.assert_array_equal(again.clock, aligned.clock)
    np.testing.assert_array_equal(
        again.columns["out:/imu/data:count"], aligned.columns["/imu/data:count"]
    )


@pytest.mark.parametrize("name", ["out.txt", "out", "out.parquet.gz"])
def test_extensions_that_have_no_writer(aligned: Aligned, tmp_path: Path, name: str) -> None:
    with pytest.raises(rc.InvalidArgumentError, match=r"expected an extension of \.parquet, \.h5"):
        write(aligned, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.npz"
    path.write_text("old")

    def write_half() -> None:
        with whole_file(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with whole_file(tmp_path / "out.npz"):
        pass
    assert (tmp_path / "out.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_path_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out.npz").mkdir()
    with (
        pytest.raises(IsADirectoryError, match=r"out\.npz: is a directory"),
        whole_file(tmp_path / "out.npz"),
    ):
        pass
