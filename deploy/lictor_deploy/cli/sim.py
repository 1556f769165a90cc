"""``lictor sim``: clusters under virtual time."""

from __future__ import annotations

from lictor_deploy.durations import seconds
from lictor_deploy.sentence import Failure


def sim(*, seed: int = 1, until: str = "20s", trace: bool = False, seeds: int | None = None, jobs: int = 0) -> int:
    """Run a cluster under virtual time from a seed; exit code 1 if a promise was broken.

    The same seed gives the same run, whatever the machine.

    Example: lictor sim -seed 7 -until 20s
    Example: lictor sim -seeds 200

    Parameters
    ----------
    seed
        The seed, or the first of -seeds (1).
    until
        Virtual time of a run (20s).
    trace
        Print every event, one a line, on standard output.
    seeds
        Run so many seeds instead of one.
    jobs
        Processes to run them in; 0 means one for each core.
    """
    if trace and seeds is not None:
        raise Failure("-trace shows one run: leave -seeds out, and name the run with -seed.")
    if seeds is not None and seeds < 1:
        raise Failure("-seeds must be 1 or more.")
    until_s = seconds(until)
    if until_s <= 0:
        raise Failure("-until must be positive, like 20s.")
    from lictor_deploy.sim import run

    return run(seed, until_s, trace, seeds, jobs)
