# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of targets that are not reached, by the name of the target, with the
counter that shows it. The page shows a text only where its target is not reached."""

LIMITS: dict[str, str] = {}
