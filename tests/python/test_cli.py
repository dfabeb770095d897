# SPDX-License-Identifier: Apache-2.0
"""The command line: what each command prints, how it fails, and what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import Run

import robocache as rc

pytest.importorskip("typer", reason="typer is not installed: robocache[cli]")
pytest.importorskip("rich", reason="rich is not installed: robocache[cli]")
pytest.importorskip("pyarrow", reason="pyarrow is not installed: robocache[table]")

from robocache.writers import read_metadata

ROBOCACHE = [sys.executable, "-m", "robocache"]


@pytest.fixture
def imu(tmp_path: Path) -> Path:
    """One second of an IMU at 100 Hz, with a counter and a gap of 200 ms."""
    rows = ["time_s,gyro_x,gyro_y,count"]
    rows += [f"{k / 100},{np.sin(k / 10)},{k / 100},{k}" for k in range(101) if not 40 < k < 60]
    path = tmp_path / "imu.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_align_writes_table_and_picture(robocache: Run, imu: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out, picture = tmp_path / "out.parquet", tmp_path / "out.png"
    code, printed, errors = robocache(
        "align", imu, "--rate", 20, "--max-gap", "50ms", "-o", out, "--plot", picture
    )
    assert (code, errors) == (0, "")
    assert re.search(r"imu +header +82 +10 ms +linear +gyro_x, gyro_y", printed)
    assert re.search(r"previous +count", printed)
    assert re.search(r"imu +18 +85\.7%", printed)
    assert f"{out}: 21 rows at 20 Hz, 5 columns; picture: {picture}" in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert left_in(tmp_path) == ["imu.csv", "out.parquet", "out.png"]
    assert read_metadata(out)["streams"]["imu"]["valid_ticks"] == 18


def test_align_json_is_all_of_standard_output(robocache: Run, imu: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    code, printed, errors = robocache("align", imu, "--rate", "30000/1001", "-o", out, "--json")
    assert code == 0
    document = json.loads(printed)
    assert set(document) == {"output", "plot", "rerun", "metadata"}
    assert document["output"] == str(out)
    assert document["metadata"] == read_metadata(out)
    assert set(document["metadata"]) == {
        "schema", "robocache", "source", "clock", "rules", "streams", "columns", "notes",
    }  # fmt: skip
    note = "imu: a gap of 200 ms is bridged (usual step 10 ms); max_gap would mark it"
    assert document["metadata"]["notes"] == [note]
    assert errors == f"robocache: {imu}: {note}\n"


def test_align_takes_every_option(robocache: Run, imu: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    code, _, errors = robocache(
        "align", imu, "--rate", "10", "-o", out, "--streams", "imu:gyro_x", "--streams",
        "imu:count", "--mode", "imu:gyro_x=mean", "--mode", "imu:count=next", "--max-gap",
        "1s", "--max-gap", "imu=500ms", "--window", "20ms,20ms", "--span", "overlap",
        "--start", "100ms", "--stop", "0.9", "--stamps", "header", "--outside", "hold",
        "--order", "drop", "--duplicates", "first", "--skip-nan", "--time-column", "time_s",
        "--time-unit", "s", "--json",
    )  # fmt: skip
    assert (code, errors.count("\n")) == (0, 1), errors
    document = read_metadata(out)
    assert document["rules"] == {
        "outside": "hold",
        "order": "drop",
        "duplicates": "first",
        "skip_nan": True,
        "window_ns": [20_000_000, 20_000_000],
    }
    assert document["streams"]["imu"]["max_gap_ns"] == 500_000_000
    assert document["clock"]["ticks"] == 9
    modes = {name: about["mode"] for name, about in document["columns"].items()}
    assert modes == {"imu:gyro_x": "mean", "imu:count": "next"}


def test_align_on_the_stamps_of_a_stream(robocache: Run, imu: Path, tmp_path: Path) -> None:
    code, printed, _ = robocache("align", imu, "--clock", "stream:imu", "-o", tmp_path / "o.npz")
    assert code == 0
    assert "82 rows at the stamps of imu" in printed


def test_inspect(robocache: Run, imu: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    code, printed, errors = robocache("inspect", imu, "--plot", tmp_path / "out.png")
    assert (code, errors) == (0, "")
    assert "imu" in printed
    assert "1 gap, the longest 200 ms at 0.400 s" in " ".join(printed.split())
    assert left_in(tmp_path) == ["imu.csv", "out.png"]
    code, printed, errors = robocache("inspect", imu, "--json")
    assert (code, errors) == (0, "")
    [stream] = json.loads(printed)["streams"]
    assert stream["name"] == "imu"
    assert stream["gaps"] == [{"start_ns": 400_000_000, "length_ns": 200_000_000}]


def test_doctor(robocache: Run) -> None:
    code, printed, errors = robocache("doctor")
    assert (code, errors) == (0, "")
    facts = " ".join(printed.split())
    assert f"robocache {rc.__version__}, healthy" in facts
    assert rc.get_config()["library"] in printed.replace("\n", "")
    assert re.search(r"cpu +on +.*(baseline|avx2|avx512|neon).* cores", printed)
    code, printed, errors = robocache("doctor", "--json")
    assert (code, errors) == (0, "")
    document = json.loads(printed)
    assert document["status"] == "healthy"
    assert document["devices"] == rc.devices()
    assert document["extras"]["cli"]["typer"]
    cuda = [device for device in document["devices"] if device["device"].startswith("cuda")]
    assert all(device["available"] or device["reason"] for device in cuda)
    assert len(cuda) >= 1


def test_doctor_says_why_the_library_does_not_load(tmp_path: Path) -> None:
    environment = os.environ | {"ROBOCACHE_LIBRARY": str(tmp_path / "none.so")}
    done = subprocess.run(
        [*ROBOCACHE, "doctor", "--json"], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    assert document["status"] == "unhealthy"
    assert "none.so" in document["error"]


def test_version_and_help(robocache: Run) -> None:
    assert robocache("--version") == (0, f"robocache {rc.__version__}\n", "")
    code, printed, _ = robocache("--help")
    assert code == 0
    assert all(command in printed for command in ("inspect", "align", "demo", "doctor"))
    done = subprocess.run(ROBOCACHE, capture_output=True, text=True, check=True)
    assert "inspect" in done.stdout


def test_verbose_logs(imu: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    command = [*ROBOCACHE, "-vv", "inspect", str(missing)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.endswith(f"robocache: {missing}: no such file or folder\n")


WRONG = [
    (["inspect", "{bad}/missing.bag"], "{bad}/missing.bag: no such file or folder"),
    (["inspect", "{bad}/empty.mcap"], "{bad}/empty.mcap: the file is empty"),
    (["inspect", "{bad}/unknown.bin"], "{bad}/unknown.bin: unknown format; known are ROS 1"),
    (["inspect", "{bad}/cut.parquet"], "{bad}/cut.parquet: "),
    (["inspect", "{imu}", "--plot", "t.bmp"], "t.bmp: expected an extension of .png, .svg, .pdf"),
    (["inspect", "{imu}", "--stamps", "receive"], "{imu}: stream 'imu' has no receive stamps"),
    (["inspect", "{imu}", "--stamps", "both"], "Invalid value for '--stamps': "),
    (["align", "{bad}/missing.bag", "--rate", "1"], "{bad}/missing.bag: no such file or folder"),
    (["align", "{bad}/empty.mcap", "--rate", "1"], "{bad}/empty.mcap: the file is empty"),
    (["align", "{bad}/cut.parquet", "--rate", "1"], "{bad}/cut.parquet: "),
    (["align", "{imu}"], "rate, clock: expected exactly one of them"),
    (["align", "{imu}", "--rate", "0"], "rate: expected a rate in hertz above 0"),
    (["align", "{imu}", "--rate", "fast"], "rate: expected a rate in hertz above 0"),
    (["align", "{imu}", "--rate", "1e15"], "{imu}: the clock would have 1000000000000001 ticks"),
    (["align", "{imu}", "--clock", "gps"], "{imu}: no stream 'gps'"),
    (["align", "{imu}", "--rate", "1", "--streams", "gps"], "{imu}: no stream 'gps'"),
    (["align", "{imu}", "--rate", "1", "--streams", "imu:gyro_z"],
     "{imu}: no field 'gyro_z' in 'imu'; did you mean 'gyro_y' or 'gyro_x'?"),
    (["align", "{imu}", "--rate", "1", "--mode", "linear"],
     "--mode: expected NAME=VALUE, got 'linear'"),
    (["align", "{imu}", "--rate", "1", "--mode", "imu=cubic"],
     "{imu}: mode 'cubic' of imu:gyro_x: expected one of linear, previous"),
    (["align", "{imu}", "--rate", "1", "--mode", "imu:gyro_x=slerp"],
     "{imu}: mode 'slerp' of imu:gyro_x: slerp takes quaternions of 4 channels, the field has 1"),
    (["align", "{imu}", "--rate", "1", "--max-gap", "-5ms"], "max_gap: expected a duration above"),
    (["align", "{imu}", "--rate", "1", "--max-gap", "long"], "max_gap: expected seconds or a"),
    (["align", "{imu}", "--rate", "1", "--start", "9s"], "{imu}: start '9s' to stop None holds no"),
    (["align", "{imu}", "--rate", "1", "--span", "all"], "Invalid value for '--span': "),
    (["align", "{imu}", "--rate", "1", "--time-column", "t"], "{imu}: "),
    (["align", "{imu}", "--rate", "1", "--plot", "p.gif"], "p.gif: expected an extension of .png"),
    (["align"], "Missing argument 'FILE'."),
    (["align", "{imu}", "--rte", "1"], "No such option"),
    (["merge"], "No such command "),
]  # fmt: skip


@pytest.mark.parametrize(("command", "message"), WRONG, ids=[" ".join(c) for c, _ in WRONG])
def test_what_is_wrong_is_one_line(
    robocache: Run, imu: Path, tmp_path: Path, command: list[str], message: str
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.mcap").touch()
    (bad / "unknown.bin").write_bytes(b"what is this?")
    (bad / "cut.parquet").write_bytes(b"PAR1 and then nothing")
    names = {"imu": imu, "bad": bad}
    arguments = [argument.format_map(names) for argument in command]
    if command[0] == "align" and len(command) > 1:
        arguments += ["-o", str(tmp_path / "out.npz")]
    code, printed, errors = robocache(*arguments)
    assert (code, printed) == (2, "")
    assert errors.startswith("robocache: " + message.format_map(names)), errors
    assert errors.count("\n") == 1
    assert left_in(tmp_path) == ["bad", "imu.csv"]


@pytest.mark.parametrize("name", ["out.txt", "out"])
def test_unknown_output_extension(robocache: Run, imu: Path, tmp_path: Path, name: str) -> None:
    code, printed, errors = robocache("align", imu, "--rate", 1, "-o", tmp_path / name)
    assert (code, printed) == (2, "")
    assert "expected an extension of .parquet, .h5, .hdf5, .npz, got" in errors
    assert left_in(tmp_path) == ["imu.csv"]


def test_output_in_a_folder_that_is_not_there(robocache: Run, imu: Path, tmp_path: Path) -> None:
    out = tmp_path / "none" / "out.npz"
    code, _, errors = robocache("align", imu, "--rate", 1, "-o", out)
    assert (code, errors) == (
        2,
        f"robocache: {out}: cannot write here: No such file or directory\n",
    )


def test_output_that_is_the_recording(robocache: Run, imu: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.parquet"
    assert robocache("align", imu, "--rate", 10, "-o", made)[0] == 0
    before = made.read_bytes()
    code, _, errors = robocache("align", made, "--rate", 5, "-o", made)
    assert (code, errors) == (2, f"robocache: {made}: is the recording itself\n")
    assert made.read_bytes() == before


def test_output_folder_without_permission(robocache: Run, imu: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        # Root may write anywhere: be somebody else for a while, who can get to the files above.
        imu.chmod(0o644)
        for folder in [*imu.parents][:-1]:
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
        os.seteuid(65534)
    out = closed / "out.npz"
    try:
        code, printed, errors = robocache("align", imu, "--rate", 1, "-o", out)
    finally:
        if root:
            os.seteuid(0)
    assert (code, printed) == (2, "")
    assert errors == f"robocache: {out}: cannot write here: Permission denied\n"
    assert left_in(closed) == []


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [(signal.SIGINT, 130, "robocache: interrupted\n"), (signal.SIGTERM, 143, "")],
)
def test_an_interruption_leaves_nothing(
    tmp_path: Path, number: signal.Signals, code: int, line: str
) -> None:
    never = tmp_path / "never.csv"
    os.mkfifo(never)
    out = tmp_path / "out.npz"
    # A shell's background job, as a CI's may be, hands on that it ignores interruptions.
    notices = ["env", "--default-signal=INT"]
    process = subprocess.Popen(
        [*notices, *ROBOCACHE, "align", str(never), "--rate", "1", "-o", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while left_in(tmp_path) == ["never.csv"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(left_in(tmp_path)) == 2
    process.send_signal(number)
    printed, errors = process.communicate(timeout=60)
    assert (process.returncode, printed, errors) == (code, "", line)
    assert left_in(tmp_path) == ["never.csv"]


def test_a_broken_pipe_is_quiet(imu: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*ROBOCACHE, "inspect", str(imu), "--json"], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert "Traceback" not in done.stderr


def test_progress_is_for_terminals_only(imu: Path, tmp_path: Path) -> None:
    command = [*ROBOCACHE, "align", str(imu), "--rate", "5", "-o", str(tmp_path / "out.npz")]
    command += ["--max-gap", "1s", "--json"]
    terminal, inner = pty.openpty()
    # Whatever the terminal of the tests: a dumb one shows no progress.
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=inner, env=environment)
    os.close(inner)
    shown = b""
    with contextlib.suppress(OSError):  # The end of a terminal is an error, not an empty read.
        while part := os.read(terminal, 65536):
            shown += part
    os.close(terminal)
    assert process.wait() == 0
    assert b"decoding" in shown
    assert b"aligning" in shown
    done = subprocess.run(command, capture_output=True, check=True)
    assert b"aligning" not in done.stderr


def test_without_the_extra_one_line_says_so() -> None:
    code = "import sys; sys.modules['typer'] = None; from robocache.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'robocache: typer is not installed: pip install "robocache[cli]"\n'


def test_a_missing_writer_library_names_its_extra(imu: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['h5py'] = None; from robocache.cli import main; "
        f"sys.argv = ['robocache', 'align', {str(imu)!r}, '--rate', '1', '-o', "
        f"{str(tmp_path / 'out.h5')!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'robocache: h5py is not installed: pip install "robocache[hdf5]"\n'
    assert left_in(tmp_path) == ["imu.csv"]


def test_the_listed_extras_are_those_of_the_package() -> None:
    from importlib.metadata import PackageNotFoundError, requires

    from robocache.extras import EXTRAS

    try:
        lines = requires("robocache") or []
    except PackageNotFoundError:
        pytest.skip("robocache runs from its sources, not installed")
    found: dict[str, set[str]] = {}
    for line in lines:
        match = re.fullmatch(r"([\w-]+).*extra == ['\"](\w+)['\"].*", line)
        if match:
            found.setdefault(match[2], set()).add(match[1])
    assert {extra: set(names) for extra, names in EXTRAS.items()} == {
        extra: found[extra] for extra in EXTRAS
    }
