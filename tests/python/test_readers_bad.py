# SPDX-License-Identifier: Apache-2.0
"""Recordings that cannot be read: one `RecordingError` of one line, whatever is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_recordings as make
import pytest

from robocache.errors import RobocacheError
from robocache.readers import open_recording
from robocache.recording import RecordingError
from robocache.selection import select

for library in ("rosbags", "mcap", "pyulog", "h5py", "pyarrow"):
    pytest.importorskip(library)

MADE = make.samples()
WRITERS: dict[str, Callable[[Path], Path]] = {
    "ros1.bag": lambda path: make.write_ros1(path, MADE),
    "ros2.db3": lambda path: next(
        make.write_ros2(path.with_suffix(""), MADE, "SQLITE3").glob("*.db3")
    ),
    "cdr.mcap": lambda path: make.write_mcap(path, MADE, "cdr"),
    "json.mcap": lambda path: make.write_mcap(path, MADE, "json"),
    "log.ulg": lambda path: make.write_ulog(path, MADE),
    "log.h5": lambda path: make.write_hdf5(path, MADE),
    "log.parquet": lambda path: make.write_parquet(path, MADE),
    "log.csv": lambda path: make.write_csv(path, MADE),
}


# Cut between two lines or messages, these are whole files of fewer messages.
NO_END_MARK = ("log.csv", "log.ulg")


def read_all(path: Path) -> int:
    """Messages in all, every field decoded."""
    with open_recording(path) as recording:
        recording.load()
        return sum(len(one.times().ns) for one in recording.streams.values())


def problem_of(path: Path) -> str | None:
    """What is wrong with a file, None if it can be read; anything but `RecordingError` escapes."""
    try:
        read_all(path)
    except RecordingError as error:
        problem = str(error)
    else:
        return None
    assert problem.startswith(f"{path}: ")
    assert "\n" not in problem
    return problem


def one_line(error: pytest.ExceptionInfo[RecordingError], path: Path) -> str:
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) > len(f"{path}: ")
    return message


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_truncated_file_is_an_error_wherever_it_is_cut(name: str, tmp_path: Path) -> None:
    whole = WRITERS[name](tmp_path / name)
    content = whole.read_bytes()
    cut = tmp_path / f"cut-{whole.name}"
    sizes = sorted({len(content) * part // 40 for part in range(1, 40)} | {1, 8, 16, 17})
    sizes += [len(content) - one for one in (100, 9, 8, 3, 1)]
    for size in sizes:
        cut.write_bytes(content[:size])
        problem = problem_of(cut)
        assert problem is not None or name in NO_END_MARK, f"cut at {size} bytes"


def test_a_ulog_cut_inside_a_message_says_where(tmp_path: Path) -> None:
    content = make.write_ulog(tmp_path / "log.ulg", MADE).read_bytes()
    cut = tmp_path / "cut.ulg"
    cut.write_bytes(content[:-1])
    with pytest.raises(RecordingError) as error:
        open_recording(cut)
    size = len(content)
    assert one_line(error, cut).endswith(
        f"truncated ULog file: it ends at byte {size - 1}, inside the message that ends at {size}"
    )


def test_a_recording_without_streams(tmp_path: Path) -> None:
    path = tmp_path / "empty.ulg"
    path.write_bytes(b"ULog\x01\x12\x35\x01" + bytes(8))
    with pytest.raises(RecordingError) as error:
        open_recording(path)
    assert one_line(error, path).endswith("the ULog holds no streams")


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"log.csv"}))
def test_a_damaged_file_never_shows_a_traceback(name: str, tmp_path: Path) -> None:
    whole = WRITERS[name](tmp_path / name)
    content = whole.read_bytes()
    damaged = tmp_path / f"damaged-{whole.name}"
    problems = []
    for place in range(0, len(content), max(1, len(content) // 60)):
        damaged.write_bytes(content[:place] + b"\xff" * 12 + content[place + 12 :])
        problems.append(problem_of(damaged))
    assert any(problems)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_an_empty_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(RecordingError) as error:
        open_recording(path)
    assert one_line(error, path).endswith(": the file is empty")


def test_an_unknown_format(tmp_path: Path) -> None:
    path = tmp_path / "cloud.pcd"
    path.write_text("# .PCD v0.7\n")
    with pytest.raises(RecordingError) as error:
        open_recording(path)
    assert "unknown format; known are ROS 1 and 2 bags, MCAP" in one_line(error, path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError) as error:
        open_recording(tmp_path / "gone.bag")
    assert one_line(error, tmp_path / "gone.bag").endswith("no such file or folder")


def test_the_error_is_one_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(RobocacheError) as error:
        open_recording(tmp_path / "gone.bag")
    assert isinstance(error.value, RecordingError)
    assert error.value.path == tmp_path / "gone.bag"
    assert error.value.problem == "no such file or folder"
    assert error.value.message == str(error.value)
    assert error.value.code == 0


def test_a_folder_that_is_no_bag(tmp_path: Path) -> None:
    with pytest.raises(RecordingError) as error:
        open_recording(tmp_path)
    assert "without metadata.yaml" in one_line(error, tmp_path)


def test_a_bag_folder_whose_storage_is_gone(tmp_path: Path) -> None:
    bag = make.write_ros2(tmp_path / "bag", MADE, "SQLITE3")
    next(bag.glob("*.db3")).unlink()
    with pytest.raises(RecordingError) as error:
        open_recording(bag)
    assert "missing" in one_line(error, bag)


def test_a_bag_folder_with_broken_metadata(tmp_path: Path) -> None:
    bag = make.write_ros2(tmp_path / "bag", MADE, "MCAP")
    (bag / "metadata.yaml").write_text("rosbag2_bagfile_information: [")
    with pytest.raises(RecordingError) as error:
        open_recording(bag)
    one_line(error, bag)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = make.write_ulog(tmp_path / "log.ulg", MADE)
    path.chmod(0)
    with pytest.raises(RecordingError, match=r"log\.ulg: not readable: permission denied"):
        open_recording(path)


def test_a_refused_open_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make.write_ulog(tmp_path / "log.ulg", MADE)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(RecordingError, match=r"log\.ulg: not readable: permission denied"):
        open_recording(path)


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("ros1.bag", "rosbags", "ros"), ("cdr.mcap", "mcap", "mcap"), ("log.ulg", "pyulog", "ulog"),
        ("log.h5", "h5py", "hdf5"), ("log.parquet", "pyarrow", "table"),
        ("log.csv", "pyarrow", "table"),
    ],
)  # fmt: skip
def test_a_missing_library_names_its_extra(
    name: str, library: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = WRITERS[name](tmp_path / name)
    import_module = __import__("importlib").import_module

    def without(module: str, *rest: Any) -> Any:
        if module.partition(".")[0] == library:
            raise ImportError(f"No module named {module!r}")
        return import_module(module, *rest)

    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(RecordingError) as error:
        open_recording(path)
    said = re.escape(f' is not installed: pip install "robocache[{extra}]"')
    assert re.search(rf": {library}[.\w]*{said}$", one_line(error, path))


def test_reading_imports_nothing_that_is_not_needed() -> None:
    """The bare package has NumPy only: importing the readers must not ask for more."""
    import subprocess
    import sys

    code = (
        "import sys, robocache.readers, robocache.inspection, robocache.selection\n"
        "heavy = {'rosbags', 'mcap', 'pyulog', 'h5py', 'pyarrow', 'matplotlib', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestSelection:
    @pytest.fixture
    def bag(self, tmp_path: Path) -> Any:
        with open_recording(make.write_ros1(tmp_path / "one.bag", MADE)) as opened:
            yield opened

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["/imu:angular_velocity.x"], {"/imu": ["angular_velocity.x"]}),
            (["imu:angular_velocity"], {"/imu": [f"angular_velocity.{axis}" for axis in "xyz"]}),
            (["/f*"], {"/flag": ["data"]}),
            (["flag", "joints:pos*"], {"/flag": ["data"], "/joints": ["position"]}),
            (["*:data", "imu:*.x"],
             {"/flag": ["data"], "/imu": ["angular_velocity.x", "linear_acceleration.x"]}),
            (["imu:orientation", "imu:orientation"], {"/imu": ["orientation"]}),
        ],
    )  # fmt: skip
    def test_names(self, bag: Any, names: list[str], expected: dict[str, list[str]]) -> None:
        chosen = {one.name: [field.name for field in fields] for one, fields in select(bag, names)}
        assert chosen == expected

    def test_nothing_chooses_everything(self, bag: Any) -> None:
        assert [one.name for one, _ in select(bag)] == ["/camera", "/flag", "/imu", "/joints"]

    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("/imo", r"no stream '/imo'; did you mean '/imu'"),
            ("odometry", r"no stream 'odometry'; there are /camera, /flag, /imu, /joints"),
            ("imu:angular_velocty", r"no field 'angular_velocty' in '/imu'; did you mean 'angular"),
            ("imu:zzz", r"no field 'zzz' in '/imu'; there are orientation, .*, \.\.\."),
            (
                "joints:velocity",
                r"'velocity' of '/joints' cannot be used: 0 to 2 items per message",
            ),
            ("camera:data", r"no field 'data' in '/camera'; there are none"),
        ],
    )
    def test_what_is_not_there(self, bag: Any, name: str, problem: str) -> None:
        with pytest.raises(RecordingError, match=problem):
            select(bag, [name])


def test_time_unit_has_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time_unit: expected s, ms, us or ns, got 'h'"):
        open_recording(tmp_path, time_unit="h")


def test_a_time_column_that_is_not_there(tmp_path: Path) -> None:
    path = make.write_csv(tmp_path / "imu.csv", MADE)
    with pytest.raises(RecordingError, match="no column 'clock' among Time"):
        open_recording(path, time_column="clock")
