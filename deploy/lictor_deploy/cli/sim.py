"""``lictor sim``: clusters under virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lictor_deploy.words.durations import seconds
from lictor_deploy.words.sentence import Failure

SERVERS_MOST = 9


def sim(
    *,
    seed: int = 1,
    until: str = "20s",
    trace: bool = False,
    timeline: Path | None = None,
    without: str = "",
    show: tuple[str, ...] = (),
    shell: bool = False,
    servers: int | None = None,
    agents: int | None = None,
    clients: int | None = None,
    keys: int | None = None,
    seeds: int | None = None,
    jobs: int = 0,
    shrink: bool = False,
    keep: Path | None = None,
    again: Path | None = None,
    digests: bool = False,
    planted: bool = False,
) -> int:
    """Run a cluster under virtual time from a seed; exit code 1 if a promise was broken.

    The same seed gives the same run, on every machine.

    Example: lictor sim -seed 7 -until 20s -timeline run.jsonl
    Example: lictor sim -seed 7 -until 12.5s -show server@server-1 -without 3
    Example: lictor sim -seeds 200 -shrink -keep failing.jsonl
    Example: lictor sim -again failing.jsonl
    Example: lictor sim -seeds 20 -until 8s -digests

    Parameters
    ----------
    seed
        The seed, or the first of -seeds (1).
    until
        Virtual time of a run (20s).
    trace
        Print every event, one a line, on standard output.
    timeline
        Write what happened into this file, for `lictor timeline`.
    without
        Numbers of faults to leave out, like 1,3-5: what if they had not been?
    show
        Stop at -until and print this actor (server@server-1) or node (agent-2); may be repeated.
    shell
        Walk through the run with commands from standard input.
    servers
        So many servers instead of what the seed draws.
    agents
        So many agents instead of what the seed draws.
    clients
        So many clients instead of what the seed draws.
    keys
        So many keys instead of what the seed draws.
    seeds
        Run so many seeds instead of one.
    jobs
        Processes to run them in; 0 means one for each core.
    shrink
        Look for a shorter run that fails in the same way.
    keep
        Append failing runs to this file, shrunk if -shrink is said.
    again
        Run what -keep has put into this file, each exactly as it was.
    digests
        Print what each seed's trace hashes to and nothing else, to be compared with another machine's by diff.
    planted
        Plant classic bugs in our own code, one at a time, and see how soon each is found.
    """
    until_s = seconds(until)
    if until_s <= 0:
        raise Failure("-until must be positive, like 20s.")
    refuse_bad_counts(seeds, jobs)
    counts = {"-servers": servers, "-agents": agents, "-clients": clients, "-keys": keys}
    _refuse_no_cluster(counts)
    many = _many({"-planted": planted, "-again": again, "-digests": digests, "-seeds": seeds is not None})
    one_run = {"-trace": trace, "-timeline": timeline, "-without": without, "-show": show, "-shell": shell}
    _refuse_beside(many, one_run | {flag: count is not None for flag, count in counts.items()})
    for file in filter(None, (timeline, keep)):
        refuse_unwritable(file)
    if planted:
        from lictor_deploy.sim.seeds import planted as hunt_all

        return hunt_all()
    if again is not None:
        from lictor_deploy.sim.seeds import again as run_again

        return run_again(again, jobs)
    if digests:
        from lictor_deploy.sim.digests import digests as hashes

        for line in hashes(range(seed, seed + (seeds or 1)), until_s, jobs):
            print(line, flush=True)
        return 0
    if seeds is not None:
        from lictor_deploy.sim.seeds import run

        return run(range(seed, seed + seeds), until_s, jobs, shrunk=shrink, keep=keep)
    from lictor_deploy.sim import one as sim_one

    asked = sim_one.OneSeed(seed, until_s, sim_one.numbers(without), servers, agents, clients, keys)
    if shell:
        from lictor_deploy.sim.shell import shell as walk

        return walk(asked)
    if show:
        return sim_one.show(asked, show)
    return sim_one.one(asked, trace=trace, timeline=timeline, shrunk=shrink, keep=keep)


def refuse_bad_counts(seeds: int | None, jobs: int) -> None:
    """Failure for a number of seeds or of processes that there cannot be."""
    if seeds is not None and seeds < 1:
        raise Failure("-seeds must be 1 or more.")
    if jobs < 0:
        raise Failure("-jobs must be 1 or more, or 0 for one on each core.")


def _refuse_no_cluster(counts: Mapping[str, int | None]) -> None:
    for flag, count in counts.items():
        if count is not None and count < (flag != "-agents"):
            raise Failure(f"{flag} {count} makes no cluster.")
    if (counts["-servers"] or 0) > SERVERS_MOST:
        raise Failure(f"-servers is {SERVERS_MOST} at most: more servers only make each write wait for more disks.")


def _many(given: Mapping[str, object]) -> str:
    """The first flag that means more than one run, "" if there is none."""
    return next((flag for flag, value in given.items() if value), "")


def _refuse_beside(many: str, one_run: Mapping[str, object]) -> None:
    """What is said of one run makes no sense beside a flag that means many."""
    for flag, given in one_run.items():
        if given and many:
            raise Failure(f"{flag} is for one run: leave {many} out.")


def refuse_unwritable(file: Path) -> None:
    """Now, and not when the run is over."""
    try:
        file.open("a").close()
    except OSError as error:
        raise Failure(f"Cannot write {file}: {error.strerror}.") from None
