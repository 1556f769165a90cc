"""What every test run needs before its first test."""

# Hypothesis' plugin imports this when a run ends, also a run without Hypothesis. There every warning is an error, and
# whatever goes wrong in an import takes the place of the report on the tests that failed.
import os
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import hypothesis.internal.observability  # noqa: F401
import pytest
from hypothesis import settings

# An example has no deadline: on a busy machine that is a coin toss. `make check` asks for the profile that is quick.
settings.register_profile("full", max_examples=200, deadline=None)
settings.register_profile("check", max_examples=25, deadline=None)
settings.load_profile("full")
LOOK_EVERY_S = 0.02


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Ray what needs it is skipped, or fails where it is required (CI)."""
    if item.get_closest_marker("ray") is None or find_spec("ray") is not None:
        return
    if os.environ.get("LICTOR_RAY_REQUIRED"):
        pytest.fail("Ray is not installed, and LICTOR_RAY_REQUIRED is set", pytrace=False)
    pytest.skip("Ray is not installed: `make ray` installs it and runs these")


@pytest.fixture(scope="session")
def until() -> Callable[..., Any]:
    """``until(look, within_s)``: what ``look`` returns as soon as that is true; fails with the last value if late."""

    def wait(look: Callable[[], Any], within_s: float = 20.0) -> Any:
        never, end = threading.Event(), time.monotonic() + within_s
        while not (seen := look()):
            assert time.monotonic() < end, f"still {seen!r} after {within_s} s"
            never.wait(LOOK_EVERY_S)
        return seen

    return wait
