"""``lictor fault``: break a running dev cluster on purpose, and heal it."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App

from lictor_deploy.cli.columns import columns
from lictor_deploy.control import Cluster, ClusterFaults, FaultHandle
from lictor_deploy.durations import seconds
from lictor_deploy.sentence import Failure

WIDTH = 100

app = App(
    name="fault",
    help=(
        "Break a running `lictor dev` cluster on purpose, and heal it.\n\n"
        "WHO is a node (agent-7), a glob (agent-*), all, servers, agents, leader, followers, minority or majority; "
        "with a role in front it is an actor (prober@agent-7). Several are separated by commas. Faults act on what "
        "actors say to each other, not on HTTP. Every fault has an id and stays until `lictor fault heal`.\n\n"
        "Example: lictor fault isolate leader"
    ),
)


@app.command
def partition(*groups: str) -> None:
    """Let no message pass from one group to another; one group alone is parted from everyone else.

    Example: lictor fault partition server-1,agent-1 server-2,server-3

    Parameters
    ----------
    groups
        WHO, several times.
    """
    if not groups:
        raise Failure("Name a group to part from the others. Example: lictor fault partition minority")
    say(verbs().partition(*map(who, groups)))


@app.command
def isolate(nodes: str, /) -> None:
    """Let these hear nobody and be heard by nobody.

    Example: lictor fault isolate leader
    """
    say(verbs().isolate(who(nodes)))


@app.command
def cut(sources: str, targets: str, /) -> None:
    """Drop everything that sources say to targets; the other direction stays.

    Example: lictor fault cut server-1 server-2
    """
    say(verbs().cut(who(sources), who(targets)))


@app.command
def loss(sources: str, targets: str, /, *, probability: float = 0.1, kind: tuple[str, ...] = ()) -> None:
    """Drop a share of what sources say to targets.

    Example: lictor fault loss all all -probability 0.2

    Parameters
    ----------
    probability
        Share of the messages that is hit, 0 to 1 (0.1).
    kind
        Only messages of this kind, like swim.ping; may be given several times.
    """
    say(verbs().lose(who(sources), who(targets), probability, kind))


@app.command
def delay(sources: str, targets: str, /, *, by: str = "100ms", jitter: str = "0s", kind: tuple[str, ...] = ()) -> None:
    """Deliver what sources say to targets later.

    Example: lictor fault delay servers servers -by 80ms -jitter 20ms

    Parameters
    ----------
    by
        How much later (100ms).
    jitter
        And up to this much more, drawn for each message.
    kind
        Only messages of this kind; may be given several times.
    """
    say(verbs().delay(who(sources), who(targets), seconds(by), seconds(jitter), kind))


@app.command
def duplicate(sources: str, targets: str, /, *, probability: float = 0.1, kind: tuple[str, ...] = ()) -> None:
    """Deliver a share of what sources say to targets twice.

    Example: lictor fault duplicate all servers -probability 0.5

    Parameters
    ----------
    probability
        Share of the messages that comes twice, 0 to 1 (0.1).
    kind
        Only messages of this kind; may be given several times.
    """
    say(verbs().duplicate(who(sources), who(targets), probability, kind))


@app.command
def pause(actors: str, /) -> None:
    """Let these actors take no turns; their mail piles up.

    Example: lictor fault pause server@leader
    """
    say(verbs().pause(who(actors)))


@app.command
def resume(actors: str, /) -> None:
    """Let paused actors go on.

    Example: lictor fault resume server@server-1
    """
    verbs().resume(who(actors))
    print("Resumed.")


@app.command
def crash(actors: str, /) -> None:
    """End these actors at once; healing starts them again.

    Example: lictor fault crash agent-7
    """
    say(verbs().crash(who(actors)))


@app.command
def restart(actors: str, /) -> None:
    """End these actors if they live, and start them.

    Example: lictor fault restart agent-7
    """
    verbs().restart(who(actors))
    print("Restarted.")


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


def who(text: str) -> Sequence[str]:
    """``a,b`` → two selectors; ``all`` stays alone, as the verbs know it."""
    return text if text == "all" else [one for one in text.split(",") if one]


def say(fault: FaultHandle) -> None:
    """Name the fault, so that it can be healed."""
    print(f"{fault.id}  {brief(fault)}")


def brief(fault: FaultHandle) -> str:
    """What the fault does, without the tail of a hundred names."""
    return fault.what if len(fault.what) <= WIDTH else f"{fault.what[:WIDTH]} …"
