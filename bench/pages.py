# SPDX-License-Identifier: Apache-2.0
"""Tables that a command puts into a page of text."""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- tables -->", "<!-- end of tables -->"


def replace_tables(page: Path, tables: str) -> None:
    """What is between the two marks of the page becomes `tables`."""
    before, found, rest = page.read_text().partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page}: expected the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}")
