# SPDX-License-Identifier: Apache-2.0
"""`python -m robocache`: the command line."""

from .cli import main

main()
