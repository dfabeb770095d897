# SPDX-License-Identifier: Apache-2.0
"""Runs the suites of a GPU one after the other: the part of scripts/gpu-bench that is Python.

python -m bench.gpu RESULTS LOGS SUITE...

Each runs in a process of its own, forked where PyTorch is loaded already and the GPU has not been
touched: loading it takes longer than some suites. What a suite says goes to LOGS/SUITE.log. The
exit code is the number of suites that failed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[1]

SUITES: dict[str, tuple[int, str, list[str]]] = {
    "calls": (60, "bench.call_overhead", ["--device", "cuda"]),
    "validation": (60, "bench.validation", []),
    "tsdf": (100, "bench.peers.tsdf_cuda", []),
    "voxelize": (100, "bench.peers.voxelize_cuda", []),
    "resample": (150, "bench.peers.resample_cuda", []),
    "multi": (200, "bench.multi_gpu", []),
    "training": (200, "bench.training", []),
    "counters": (300, "bench.counters", []),
}
"""Most seconds, module and arguments of each."""


def too_long(*_: object) -> None:
    raise SystemExit("the suite takes too long")


def run(suite: str, results: Path, log: Path) -> None:
    """In a child: ends the process."""
    limit, module, arguments = SUITES[suite]
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(limit)
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    script = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    sys.argv = [str(script), *arguments, "--output", str(results)]
    code = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=False)
        code = 0
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code)
        else:
            code = stop.code or 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("logs", type=Path)
    parser.add_argument("suites", nargs="+", choices=SUITES, metavar="SUITE")
    arguments = parser.parse_args()

    for module in ("torch._dynamo", "triton"):
        with contextlib.suppress(ImportError):
            importlib.import_module(module)

    failed = 0
    for suite in arguments.suites:
        log, begin = arguments.logs / f"{suite}.log", time.monotonic()
        child = os.fork()
        if child == 0:
            run(suite, arguments.results, log)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        taken = f"{suite:16} {time.monotonic() - begin:4.0f} s"
        if code == 0:
            print(taken, flush=True)
            continue
        last = log.read_text().splitlines()[-15:]
        if code == 77:
            print(f"{suite:16} skipped: {''.join(last[-1:])}", flush=True)
            continue
        failed += 1
        ending = f"signal {-code}" if code < 0 else f"exit code {code}"
        print(f"{taken} FAILED, {ending}; the end of {log}:", *last, sep="\n", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
