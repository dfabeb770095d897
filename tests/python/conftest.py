# SPDX-License-Identifier: Apache-2.0
"""What all Python tests share: how Hypothesis searches, the CUDA device, the command line."""

import os
import sys

import pytest
from command_line import Run
from hypothesis import settings

# Examples that failed stay in .hypothesis, and a failure prints the blob that reproduces it.
settings.register_profile("suite", deadline=None, max_examples=150, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile(os.environ.get("ROBOCACHE_HYPOTHESIS", "suite"))


@pytest.fixture
def first_device() -> None:
    """Makes the first CUDA device current. JAX, which starts on all of them, may leave another
    one so in the thread, and PyTorch and CuPy then make their arrays there."""
    torch, cupy = sys.modules.get("torch"), sys.modules.get("cupy")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.set_device(0)
    elif cupy is not None:
        cupy.cuda.Device(0).use()


@pytest.fixture
def robocache(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: exit code, standard output, standard error."""
    from robocache.cli.app import run  # It needs an extra.

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return call
