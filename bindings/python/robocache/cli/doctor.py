# SPDX-License-Identifier: Apache-2.0
"""`robocache doctor`: what is installed, what there is to compute on, and why CUDA is off."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import robocache as rc

from ..extras import EXTRAS, installed
from .options import Json
from .terminal import console, print_json, reports_errors

UNHEALTHY = 1


@reports_errors
def doctor(json: Json = False) -> None:
    """What is installed, which devices there are, and why CUDA is off. Exit code 1 if unhealthy."""
    found = rc.health_check() | {"extras": installed()}
    if json:
        print_json(found)
    else:
        _print(found, console())
    if found["status"] != "healthy":
        raise typer.Exit(UNHEALTHY)


def _print(found: dict[str, Any], out: Console) -> None:
    out.print(_facts(found))
    if found["ok"]:
        out.print(_devices(found["devices"]))
    out.print(_extras(found["extras"]))


def _facts(found: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("robocache", f"{rc.__version__}, {found['status']}")
    for check, result in found["checks"].items():
        if result != "ok":
            table.add_row(check, escape(result))
    if found["ok"]:
        table.add_row("library", escape(found["config"]["library"]))
        table.add_row("build", escape(found["config"]["build"]))
    table.add_row("python", f"{found['python']} on {found['platform']}")
    present = (f"{name} {version}" for name, version in found["packages"].items() if version)
    table.add_row("arrays", ", ".join(present))
    return table


def _devices(devices: list[dict[str, Any]]) -> Table:
    table = Table("device", "state", "what it is, or why it is off", box=None)
    for device in devices:
        if device["available"]:
            about = (
                f"{device['name']}, {device['instruction_set']}, {device['processors']} "
                f"{'cores' if device['device'] == 'cpu' else 'multiprocessors'}, "
                f"{device['total_memory'] / 2**30:.1f} GiB"
            )
        else:
            about = device["reason"]
        table.add_row(device["device"], "on" if device["available"] else "off", escape(about))
    return table


def _extras(versions: dict[str, dict[str, str | None]]) -> Table:
    table = Table("extra", "packages", box=None)
    for extra in EXTRAS:
        packages = versions[extra]
        missing = None in packages.values()
        text = ", ".join(f"{name} {version or '(absent)'}" for name, version in packages.items())
        hint = f'   pip install "robocache[{extra}]"' if missing else ""
        table.add_row(extra, escape(text + hint))
    return table
