"""What every test run needs before its first test."""

# Hypothesis' plugin imports this when a run ends, also a run without Hypothesis. There every warning is an error, and
# whatever goes wrong in an import takes the place of the report on the tests that failed.
import os
from importlib.util import find_spec

import hypothesis.internal.observability  # noqa: F401
import pytest
from hypothesis import settings

# An example has no deadline: on a busy machine that is a coin toss. `make check` asks for the profile that is quick.
settings.register_profile("full", max_examples=200, deadline=None)
settings.register_profile("check", max_examples=25, deadline=None)
settings.load_profile("full")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Ray what needs it is skipped, or fails where it is required (CI)."""
    if item.get_closest_marker("ray") is None or find_spec("ray") is not None:
        return
    if os.environ.get("LICTOR_RAY_REQUIRED"):
        pytest.fail("Ray is not installed, and LICTOR_RAY_REQUIRED is set", pytrace=False)
    pytest.skip("Ray is not installed: `make ray` installs it and runs these")
