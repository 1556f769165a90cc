"""``lictor fault``: break a running dev cluster on purpose, and heal it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from lictor_actors.faults.verbs import make
from lictor_deploy.cli.columns import columns
from lictor_deploy.control import Cluster, ClusterFaults, FaultHandle
from lictor_deploy.durations import seconds
from lictor_deploy.sentence import Failure

WIDTH = 100

app = App(
    name="fault",
    help=(
        "Break a running `lictor dev` cluster on purpose, and heal it.\n\n"
        "WHO is a node (agent-7), a glob (agent-*), all, servers, agents, leader, followers, follower, minority, "
        "majority, one(WHO), 2 of WHO, percent(20), percent(20, WHO) or next(WHO), which takes turns; with a role in "
        "front it is an actor (prober@agent-7). Several are separated by commas. Faults act on what actors say to each "
        "other, on processes and on journals, not on HTTP. Every fault has an id and stays until `lictor fault heal`, "
        "or for as long as -for says.\n\n"
        "Example: lictor fault isolate leader -for 10s"
    ),
)


@Parameter(name="*")
@dataclass(frozen=True)
class Lasting:
    """How long a fault stays."""

    for_: Annotated[str, Parameter(name="--for")] = ""
    """Heal by itself after this time, like 10s."""

    def said(self) -> dict[str, Any]:
        """As the vocabulary has it."""
        return {"duration": seconds(self.for_)} if self.for_ else {}


@Parameter(name="*")
@dataclass(frozen=True)
class Network(Lasting):
    """Which messages a network fault hits."""

    match: Annotated[tuple[str, ...], Parameter(name=["--match", "--kind"])] = ()
    """Only messages of this kind, like swim.ping or raft.*; may be given several times."""
    direction: Literal["to", "from", "both"] | None = None
    """Seen from whom the fault names first: what they send (to), what they are sent (from), or both."""

    def said(self) -> dict[str, Any]:
        """As the vocabulary has it."""
        told = {"match": self.match, "direction": self.direction}
        return {name: value for name, value in told.items() if value} | super().said()


LASTING = Lasting()
NETWORK = Network()


# -- network -------------------------------------------------------------------


@app.command
def partition(*groups: str, probability: float = 1.0, how: Network = NETWORK) -> None:
    """Let no message pass from one group to another; one group alone is parted from everyone else.

    Example: lictor fault partition server-1,agent-1 server-2,server-3

    Parameters
    ----------
    groups
        WHO, several times.
    probability
        Share of the messages that is hit, 0 to 1 (1).
    """
    if not groups:
        raise Failure("Name a group to part from the others. Example: lictor fault partition minority")
    inject("partition", groups=[who(group) for group in groups], probability=probability, **how.said())


@app.command
def isolate(nodes: str, /, *, probability: float = 1.0, how: Network = NETWORK) -> None:
    """Let these hear nobody and be heard by nobody.

    Example: lictor fault isolate leader

    Parameters
    ----------
    probability
        Share of the messages that is hit, 0 to 1 (1).
    """
    inject("isolate", nodes=who(nodes), probability=probability, **how.said())


@app.command
def bridge(node: str, /, *, how: Network = NETWORK) -> None:
    """Part the others into two halves; only this node still hears both.

    Example: lictor fault bridge follower
    """
    inject("bridge", node=who(node), **how.said())


@app.command
def cut(sources: str, targets: str, /, *, how: Network = NETWORK) -> None:
    """Drop everything that sources say to targets; the other direction stays.

    Example: lictor fault cut server-1 server-2
    """
    inject("cut", sources=who(sources), targets=who(targets), **how.said())


@app.command
def hold(sources: str = "all", targets: str = "all", /, *, how: Network = NETWORK) -> None:
    """Keep what sources say to targets until the fault heals, or until `lictor fault release`; then it comes in order.

    Example: lictor fault hold leader followers -match raft.*
    """
    inject("hold", sources=who(sources), targets=who(targets), **how.said())


@app.command
def release() -> None:
    """Let go everything that `lictor fault hold` keeps.

    Example: lictor fault release
    """
    print(f"Released: {' '.join(verbs().release()) or 'nothing was held'}")


@app.command
def delay(
    sources: str,
    targets: str,
    /,
    *,
    by: str = "100ms",
    jitter: str = "0s",
    correlation: float = 0.0,
    probability: float = 1.0,
    how: Network = NETWORK,
) -> None:
    """Deliver what sources say to targets later.

    Example: lictor fault delay servers servers -by 80ms -jitter 20ms

    Parameters
    ----------
    by
        How much later (100ms).
    jitter
        And up to this much more, drawn for each message.
    correlation
        How much one message's jitter resembles the last one's, 0 to 1 (0).
    probability
        Share of the messages that is hit, 0 to 1 (1).
    """
    times = {"latency": seconds(by), "jitter": seconds(jitter), "correlation": correlation, "probability": probability}
    inject("delay", sources=who(sources), targets=who(targets), **times, **how.said())


@app.command
def loss(
    sources: str,
    targets: str,
    /,
    *,
    probability: float = 0.1,
    correlation: float = 0.0,
    how: Network = NETWORK,
) -> None:
    """Drop a share of what sources say to targets.

    Example: lictor fault loss all all -probability 0.2 -correlation 0.5

    Parameters
    ----------
    probability
        Share of the messages that is hit, 0 to 1 (0.1).
    correlation
        0: each by itself; towards 1: the same share in ever longer bursts (0).
    """
    some = {"probability": probability, "correlation": correlation}
    inject("loss", sources=who(sources), targets=who(targets), **some, **how.said())


@app.command
def duplicate(sources: str, targets: str, /, *, probability: float = 0.1, how: Network = NETWORK) -> None:
    """Deliver a share of what sources say to targets twice.

    Example: lictor fault duplicate all servers -probability 0.5

    Parameters
    ----------
    probability
        Share of the messages that comes twice, 0 to 1 (0.1).
    """
    inject("duplicate", sources=who(sources), targets=who(targets), probability=probability, **how.said())


@app.command
def reorder(
    sources: str, targets: str, /, *, probability: float = 0.25, within: str = "50ms", how: Network = NETWORK
) -> None:
    """Deliver a share of what sources say to targets late, so that others overtake it.

    Example: lictor fault reorder all all -within 200ms

    Parameters
    ----------
    probability
        Share of the messages that is hit, 0 to 1 (0.25).
    within
        Up to how much later (50ms).
    """
    link = {"sources": who(sources), "targets": who(targets)}
    inject("reorder", **link, probability=probability, within=seconds(within), **how.said())


@app.command
def corrupt(sources: str, targets: str, /, *, probability: float = 0.1, how: Network = NETWORK) -> None:
    """Change a byte of the frames that carry a share of what sources say to targets.

    Example: lictor fault corrupt agents servers -probability 0.3

    Parameters
    ----------
    probability
        Share of the messages that is hit, 0 to 1 (0.1).
    """
    inject("corrupt", sources=who(sources), targets=who(targets), probability=probability, **how.said())


@app.command
def bandwidth(sources: str, targets: str, /, *, rate: int, how: Network = NETWORK) -> None:
    """Let only so many bytes a second pass from each source to each target; more waits in line.

    Example: lictor fault bandwidth agents servers -rate 20000

    Parameters
    ----------
    rate
        Bytes a second.
    """
    inject("bandwidth", sources=who(sources), targets=who(targets), rate=rate, **how.said())


# -- nodes and actors ----------------------------------------------------------


@app.command
def pause(actors: str, /, *, how: Lasting = LASTING) -> None:
    """Let these actors take no turns; their mail piles up.

    Example: lictor fault pause server@leader
    """
    inject("pause", nodes=who(actors), **how.said())


@app.command
def resume(actors: str, /) -> None:
    """Let paused actors go on.

    Example: lictor fault resume server@server-1
    """
    broken("resume", nodes=who(actors))
    print("Resumed.")


@app.command
def stall(actors: str, /, *, busy: str = "500ms", every: str = "0s", how: Lasting = LASTING) -> None:
    """Let these actors do nothing for a while, once or again and again.

    Example: lictor fault stall leader -busy 800ms -every 5s

    Parameters
    ----------
    busy
        For how long they take no turns (500ms).
    every
        From the beginning of one stall to the next; without it there is only one.
    """
    inject("stall", nodes=who(actors), busy=seconds(busy), every=seconds(every), **how.said())


@app.command
def crash(actors: str, /, *, how: Lasting = LASTING) -> None:
    """End these actors at once; healing starts them again.

    Example: lictor fault crash agent-7
    """
    inject("crash", nodes=who(actors), **how.said())


@app.command
def kill(nodes: str, /, *, how: Lasting = LASTING) -> None:
    """Kill the processes of these nodes; a node that shares its process ends alone. Healing starts them again.

    Example: lictor fault kill leader -for 5s
    """
    inject("kill", nodes=who(nodes), **how.said())


@app.command
def stop(nodes: str, /, *, how: Lasting = LASTING) -> None:
    """Stop these nodes in good order, without leaving the cluster; healing starts them again.

    Example: lictor fault stop server-2 -for 5s
    """
    inject("stop", nodes=who(nodes), **how.said())


@app.command
def restart(actors: str, /, *, wipe: bool = False) -> None:
    """End these actors if they live, and start them.

    Example: lictor fault restart agent-7

    Parameters
    ----------
    wipe
        Start a server with an empty disk.
    """
    broken("restart", nodes=who(actors), wipe=wipe)
    print("Restarted.")


# -- disks ---------------------------------------------------------------------


@app.command(name="slow-disk")
def slow_disk(nodes: str, /, *, fsync: str = "400ms", probability: float = 1.0, how: Lasting = LASTING) -> None:
    """Let a share of the syncs of these nodes' journals take longer.

    Example: lictor fault slow-disk leader -fsync 200ms -probability 0.5

    Parameters
    ----------
    fsync
        How much longer (400ms).
    probability
        Share of the syncs that is hit, 0 to 1 (1).
    """
    inject("slow_disk", nodes=who(nodes), fsync=seconds(fsync), probability=probability, **how.said())


@app.command(name="full-disk")
def full_disk(nodes: str, /, *, how: Lasting = LASTING) -> None:
    """Let no file of these nodes grow; a server stops at the first write that needs room.

    Example: lictor fault full-disk server-1
    """
    inject("full_disk", nodes=who(nodes), **how.said())


@app.command(name="io-error")
def io_error(nodes: str, /, *, probability: float = 1.0, how: Lasting = LASTING) -> None:
    """Let writes and syncs of these nodes' journals fail; a server stops at the first.

    Example: lictor fault io-error leader

    Parameters
    ----------
    probability
        Share of the writes and syncs that is hit, 0 to 1 (1).
    """
    inject("io_error", nodes=who(nodes), probability=probability, **how.said())


# -- the list ------------------------------------------------------------------


@app.command
def ls() -> None:
    """List the faults in force.

    Example: lictor fault ls
    """
    faults = verbs().ls()
    print(columns(("Fault", "What"), [(fault.id, brief(fault)) for fault in faults]) if faults else "No faults.")


@app.command
def heal(*ids: str, all: bool = False) -> None:
    """End faults.

    Example: lictor fault heal f1
    Example: lictor fault heal -all

    Parameters
    ----------
    ids
        As `lictor fault ls` shows them.
    all
        End every fault.
    """
    if not ids and not all:
        raise Failure("Name the fault to heal (`lictor fault ls` lists them), or use -all.")
    cluster = Cluster.running()
    if all:
        healed = cluster.faults.heal_all()
    else:
        healed = [one for name in ids for one in cluster.ask("heal", fault=name)["healed"]]
    missing = [name for name in ids if name not in healed]
    if missing and not all:
        raise Failure(f"No such fault: {' '.join(missing)}. `lictor fault ls` lists those in force.")
    print(f"Healed: {' '.join(healed) or 'nothing was broken'}")


def verbs() -> ClusterFaults:
    """The verbs of the cluster that runs."""
    return Cluster.running().faults


def broken(verb: str, **said: Any) -> FaultHandle:
    """Put the fault in force; what makes no sense is a sentence, said before anything is broken."""
    try:
        return verbs().inject(make(verb, **said))
    except (ValueError, LookupError) as error:
        raise Failure(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def inject(verb: str, **said: Any) -> None:
    """Put the fault in force and name it, so that it can be healed."""
    fault = broken(verb, **said)
    print(f"{fault.id}  {brief(fault)}")


def who(text: str) -> Sequence[str]:
    """``a,b`` → two selectors; a comma inside ``percent(20, agents)`` is no separator."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def brief(fault: FaultHandle) -> str:
    """What the fault does, without the tail of a hundred names."""
    return fault.what if len(fault.what) <= WIDTH else f"{fault.what[:WIDTH]} …"
