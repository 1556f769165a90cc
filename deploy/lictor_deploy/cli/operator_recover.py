"""``lictor operator raft recover``: offline, on each server that is left, when the others are lost for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lictor_actors.hosts.disks.file import DirectoryInUse
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.journal.segments import JournalTooNew
from lictor_actors.node.peers_file import (
    full_name,
    plan_start_over,
    plan_term_reset,
    write_start_over,
    write_term_reset,
)
from lictor_actors.raft.configuration import Configuration, ServerRow
from lictor_actors.raft.start_over import CannotStartOver, StartOver
from lictor_deploy.words.sentence import Failure

DO_THE_OTHERS = "Done: start the server, and the others once they are done."
EMPTY_THE_OTHERS = (
    "Done: empty the data directories of all others (`lictor operator set-aside`), then start all servers."
)


def recover(
    *,
    data_dir: str,
    peer: Annotated[list[str], Parameter(negative="")],
    node: str = "",
    datacenter: str = "dc1",
    reset_term: bool = False,
    dry_run: bool = False,
) -> None:
    """Make the server in a data directory start with other servers than before; stop it first.

    Only for a cluster that lost its majority for good: what no server that is left has is lost. Do it on each server
    that is left, with the same -peer flags, then start them. ``peers.json`` in the data directory does the same.

    With -reset-term, and one -peer, which is the server itself: for a cluster whose servers say in their logs that they
    are in the last term there is, so that none of them can be elected again. All that this server's log holds becomes
    a snapshot of term 1, and it goes on alone. Do it on one server only, the one whose log is longest (-dry-run says
    how long it is), empty the data directories of all others, and start them: they join as new servers.

    Example: lictor operator raft recover -dry-run -data-dir=/var/lib/lictor -node=s1 -peer=s1 -peer=s2

    Parameters
    ----------
    data_dir
        The server's data directory.
    peer
        Name of a server that is left; once for each.
    node
        Name of the server that the directory belongs to; not needed with a single peer.
    datacenter
        Its datacenter.
    reset_term
        Begin again in term 1, as the only server.
    dry_run
        Only say what would be done.
    """
    if not Path(data_dir).is_dir():
        raise Failure(f"There is no directory {data_dir}. Give the data directory of a server that is stopped.")
    if not node and len(peer) != 1:
        raise Failure("Say with -node whose directory this is: it has to be one of the peers.")
    me = full_name(node or peer[0], f".{datacenter}")
    rows = [ServerRow(full_name(name, me)) for name in peer]
    if reset_term and [row.name for row in rows] != [me]:
        raise Failure(
            "With -reset-term this server goes on alone: give -peer once, with its own name. The others join it again "
            "with empty data directories."
        )
    plan, write = (plan_term_reset, write_term_reset) if reset_term else (plan_start_over, write_start_over)
    try:
        planned = (plan if dry_run else write)(Path(data_dir), me, rows)
    except (CannotStartOver, JournalCorrupt, JournalTooNew, DirectoryInUse) as refused:
        raise Failure(f"{refused}.") from None
    print(report(planned, me))
    print("Nothing was written (-dry-run)." if dry_run else EMPTY_THE_OTHERS if reset_term else DO_THE_OTHERS)


def report(planned: StartOver, me: str) -> str:
    """What there is and what there will be."""
    unknown = [row.name for row in planned.after.rows if row.name not in planned.before.names]
    warning = [f"Warning:       this log knows no server {name}: is that its name?" for name in unknown]
    return "\n".join(
        (
            f"Server:        {me}",
            f"Term:          {planned.term}",
            f"Log:           up to entry {planned.last_index} of term {planned.last_term}",
            f"Snapshot:      {f'of entry {planned.snapshot_index}' if planned.snapshot_index else 'none'}",
            f"Servers now:   {shown(planned.before)}",
            f"Servers then:  {shown(planned.after)}",
            *([f"Term then:     1, with one snapshot of entry {planned.last_index}"] if planned.folded else []),
            *warning,
            *(f"Warning:       left out, it cannot be applied: {entry}" for entry in planned.skipped),
        )
    )


def shown(configuration: Configuration) -> str:
    """Names, non-voters marked."""
    return ", ".join(row.name if row.voter else f"{row.name} (non-voter)" for row in configuration.rows) or "none"
