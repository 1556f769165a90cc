"""What every test run needs before its first test."""

# Hypothesis' plugin imports this when a run ends, also a run without Hypothesis. There every warning is an error, and
# whatever goes wrong in an import takes the place of the report on the tests that failed.
import hypothesis.internal.observability  # noqa: F401
from hypothesis import settings

# An example has no deadline: on a busy machine that is a coin toss. `make check` asks for the profile that is quick.
settings.register_profile("full", max_examples=200, deadline=None)
settings.register_profile("check", max_examples=25, deadline=None)
settings.load_profile("full")
