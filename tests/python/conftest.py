# SPDX-License-Identifier: Apache-2.0
"""What all Python tests share: how Hypothesis searches."""

import os

from hypothesis import settings

# Examples that failed stay in .hypothesis, and a failure prints the blob that reproduces it.
settings.register_profile("suite", deadline=None, max_examples=150, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile(os.environ.get("ROBOCACHE_HYPOTHESIS", "suite"))
