"""``lictor fault``: break a running dev cluster on purpose, and heal it."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from lictor_actors.faults.verbs import make
from lictor_actors.faults.vocabulary import VERBS
from lictor_deploy.cli.fault_verbs import command
from lictor_deploy.local.handle import Cluster, ClusterFaults, FaultHandle
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

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
        "Example: lictor fault isolate leader -for 10s\n"
        "Example: lictor fault add loss rack-a-* rack-b-* -probability 0.3"
    ),
)


add = App(
    name="add",
    help=(
        "Put a fault in force: `lictor fault add VERB …` is `lictor fault VERB …`. "
        "Example: lictor fault add isolate leader -for 10s"
    ),
)
app.command(add)


def inject(verb: str, said: dict[str, Any]) -> None:
    """Put the fault in force and name it, so that it can be healed; what is over at once has no name."""
    fault = broken(verb, said)
    print(f"{fault.id}  {brief(fault)}" if fault.id else f"Done: {brief(fault)}")


for _verb in VERBS.values():
    _command = command(_verb, inject)
    app.command(_command, name=_verb.name.replace("_", "-"))
    add.command(_command, name=_verb.name.replace("_", "-"))


@app.command
def ls() -> None:
    """List the faults in force.

    Example: lictor fault ls
    """
    faults = verbs().ls()
    print(columns(("Fault", "What"), [(fault.id, brief(fault)) for fault in faults]) if faults else "No faults.")


@app.command
def release() -> None:
    """Let go everything that `lictor fault hold` keeps.

    Example: lictor fault release
    """
    print(f"Released: {' '.join(verbs().release()) or 'nothing was held'}")


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


def broken(verb: str, said: dict[str, Any]) -> FaultHandle:
    """Put the fault in force; what makes no sense is a sentence, said before anything is broken."""
    try:
        return verbs().inject(make(verb, **said))
    except (ValueError, LookupError) as error:
        text = str(error)
        raise Failure(f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}") from None


def brief(fault: FaultHandle) -> str:
    """What the fault does, without the tail of a hundred names."""
    return fault.what if len(fault.what) <= WIDTH else f"{fault.what[:WIDTH]} …"
