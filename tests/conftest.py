"""What every test run needs before its first test."""

# Hypothesis' plugin imports this when a run ends, also a run without Hypothesis. There every warning is an error, and
# whatever goes wrong in an import takes the place of the report on the tests that failed.
import hypothesis.internal.observability  # noqa: F401
