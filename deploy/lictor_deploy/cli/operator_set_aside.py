"""``lictor operator set-aside``: offline, for a node whose journal was damaged, cut or lost."""

from __future__ import annotations

from pathlib import Path

from lictor_actors.hosts.disks import DirectoryInUse
from lictor_deploy.sentence import Failure
from lictor_deploy.set_aside import remembered, set_aside

AFTERWARDS = """\
Start the node: it is empty, and a new one to the others, with another id.
- One server of several is let in without a vote, fetches everything from the others, and votes once it has.
  The others must have a majority without it: `lictor operator raft list-peers` says who votes.
- A lone server has lost what it had: `lictor snapshot restore FILE` brings back what was saved.
- An agent registers its services again: from its configuration by itself, over HTTP those who registered them.
If the node's configuration sets node_id, give it another one first."""


def aside(*, data_dir: str, dry_run: bool = False) -> None:
    """Move a node's journal and id aside, so that it starts empty and as a new node; stop it first.

    For a node that refuses to start because its journal is damaged, was cut or lost. Nothing is deleted: all is moved
    into a directory set-aside-1 (or -2 …) within the data directory. Moving only a part would be dangerous: a server
    that forgets its votes and keeps its id could vote twice.

    Example: lictor operator set-aside -dry-run -data-dir=/var/lib/lictor

    Parameters
    ----------
    data_dir
        The node's data directory.
    dry_run
        Only say what would be moved.
    """
    directory = Path(data_dir)
    if not directory.is_dir():
        raise Failure(f"There is no directory {data_dir}. Give the data directory of a node that is stopped.")
    try:
        names = remembered(directory)
        if not names:
            raise Failure(f"There is no journal and no node-id in {data_dir}: a node that is started there is new.")
        if dry_run:
            print(f"Would be moved: {', '.join(names)}.\nNothing was moved (-dry-run).")
            return
        place = set_aside(directory, names)
    except DirectoryInUse as busy:
        raise Failure(f"{busy}; or stop the one that uses it.") from None
    except OSError as error:
        raise Failure(
            f"Not all could be moved: {error}. Mend that and run this again before the node starts."
        ) from None
    print(f"Moved to {place}: {', '.join(names)}.\n{AFTERWARDS}")
