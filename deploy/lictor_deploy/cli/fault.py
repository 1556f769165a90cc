"""``lictor fault``: break a running dev cluster on purpose, and heal it."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_actors.faults.presets import PRESETS
from lictor_actors.faults.steps import unknown
from lictor_actors.faults.verbs import make
from lictor_actors.faults.vocabulary import VERBS
from lictor_deploy.cli.fault_reach import HERE, FaultReach, Where
from lictor_deploy.cli.fault_verbs import command
from lictor_deploy.local.remote_faults import ClusterFaults, FaultHandle
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
        "The cluster is the `lictor dev` of this machine; LICTOR_CONTROL picks one of several. -http-addr names any "
        "other, through a node that was started for faults.\n\n"
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


def inject(verb: str, said: dict[str, Any], reach: FaultReach) -> None:
    """Put the fault in force and name it, so that it can be healed; what is over at once has no name."""
    fault = broken(verb, said, reach)
    print(f"{fault.id}  {brief(fault.what)}" if fault.id else f"Done: {brief(fault.what)}")


for _verb in VERBS.values():
    _command = command(_verb, inject)
    app.command(_command, name=_verb.name.replace("_", "-"))
    add.command(_command, name=_verb.name.replace("_", "-"))


@app.command(name="preset")
def play(
    name: str, /, *, duration: Annotated[str, Parameter(name=["--for", "--duration"])] = "", reach: Where = HERE
) -> None:
    """Play a preset, a plan of faults, until it is healed: `lictor chaos ls` lists them.

    Example: lictor fault preset wan -for 30s

    Parameters
    ----------
    name
        Such as wan or gc-pause.
    duration
        End it, and heal what it did, after this time, like 30s.
    """
    if name not in PRESETS:
        raise Failure(f"{unknown(name, PRESETS, 'the list of presets').capitalize()}.")
    step = {"preset": name, **({"for": duration} if duration else {})}
    print(f"{verbs(reach).play_tables(step).id}  preset {name}")


@app.command
def ls(*, full: bool = False, reach: Where = HERE) -> None:
    """List the faults in force and the plans that are being played.

    Example: lictor fault ls

    Parameters
    ----------
    full
        Name every node, however many there are.
    """
    faults = verbs(reach).ls()
    head = ("Fault", "Age", "Left", "Hits", "What")
    rows = [
        (fault.id, seconds(fault.age_s), seconds(fault.left_s), "-" if fault.hits is None else str(fault.hits), what)
        for fault in faults
        for what in (fault.what if full else brief(fault.what),)
    ]
    print(columns(head, rows) if rows else "No faults.")


@app.command
def release(*, reach: Where = HERE) -> None:
    """Let go everything that `lictor fault hold` keeps.

    Example: lictor fault release
    """
    print(f"Released: {' '.join(verbs(reach).release()) or 'nothing was held'}")


@app.command
def heal(*ids: str, all: bool = False, reach: Where = HERE) -> None:
    """End faults and plans.

    Example: lictor fault heal f1
    Example: lictor fault heal -all

    Parameters
    ----------
    ids
        As `lictor fault ls` shows them; with a plan end the faults that it has put in force.
    all
        End every fault and every plan.
    """
    if not ids and not all:
        raise Failure("Name the fault to heal (`lictor fault ls` lists them), or use -all.")
    faults = verbs(reach)
    healed = faults.heal_all() if all else [one for name in ids for one in faults.heal(name)]
    missing = [name for name in ids if name not in healed]
    if missing and not all:
        raise Failure(f"No such fault: {' '.join(missing)}. `lictor fault ls` lists those in force.")
    print(f"Healed: {' '.join(healed) or 'nothing was broken'}")


def verbs(reach: FaultReach) -> ClusterFaults:
    """The verbs of the cluster that is meant."""
    return reach.faults()


def broken(verb: str, said: dict[str, Any], reach: FaultReach) -> FaultHandle:
    """Put the fault in force; what makes no sense is a sentence, said before anything is broken."""
    try:
        return verbs(reach).inject(make(verb, **said))
    except (ValueError, LookupError) as error:
        text = str(error)
        raise Failure(f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}") from None


def seconds(value: float | None) -> str:
    """``12 s``; a dash for what is not known or has no end."""
    return "-" if value is None else f"{value:.0f} s"


def brief(what: str) -> str:
    """What the fault does, without the tail of a hundred names."""
    return what if len(what) <= WIDTH else f"{what[:WIDTH]} …"
