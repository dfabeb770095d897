# SPDX-License-Identifier: Apache-2.0
"""What the fixture `robocache` of conftest.py is."""

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
"""From arguments to exit code, standard output, standard error."""
