"""``lictor operator set-aside`` and ``accept-loss``: offline, for a node whose journal was damaged, cut or lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lictor_actors.hosts.disks.file import DirectoryInUse
from lictor_actors.journal.segments import JournalTooNew
from lictor_deploy.agent.accepted_loss import accept_loss, plan_loss
from lictor_deploy.agent.set_aside import remembered, set_aside, stopped
from lictor_deploy.words.sentence import Failure

AFTERWARDS = """\
Start the node: it is empty, and a new one to the others, with another id.
- One server of several is let in without a vote, fetches everything from the others, and votes once it has.
  The others must have a majority without it: `lictor operator raft list-peers` says who votes.
- A lone server has lost what it had: `lictor snapshot restore FILE` brings back what was saved. To go on with what can
  be read of the files instead, put them back and use `lictor operator accept-loss`.
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
    with stopped_node(data_dir) as directory:
        names = remembered(directory)
        if not names:
            raise Failure(f"There is no journal and no node-id in {data_dir}: a node that is started there is new.")
        if dry_run:
            print(f"Would be moved: {', '.join(names)}.\nNothing was moved (-dry-run).")
            return
        place = set_aside(directory, names)
    print(f"Moved to {place}: {', '.join(names)}.\n{AFTERWARDS}")


def loss(*, data_dir: str, dry_run: bool = False) -> None:
    """Let a lone server, or an agent, go on with what can be read of its journal; stop it first.

    For a node that refuses to start because its journal is damaged or was cut, and that no other counts on. What was
    written before the damage stays, everything after it is given up. Nothing is deleted: the old files are moved into a
    directory set-aside-1 (or -2 …) within the data directory. A server of several is refused: set-aside is for those.

    Example: lictor operator accept-loss -dry-run -data-dir=/var/lib/lictor

    Parameters
    ----------
    data_dir
        The node's data directory.
    dry_run
        Only say what would be left.
    """
    with stopped_node(data_dir) as directory:
        planned = plan_loss(directory)
        log = f", Raft's log up to entry {planned.last_index} of term {planned.last_term}" if planned.last_index else ""
        print(f"Refused:  {planned.refused}\nReadable: up to record {planned.found.last}{log}")
        if dry_run:
            print("Nothing was written (-dry-run).")
            return
        place = accept_loss(directory, planned)
    print(f"Done: the old files are in {place}. Start the node.")


@contextmanager
def stopped_node(data_dir: str) -> Iterator[Path]:
    """Its directory, which has to be there and is kept from others meanwhile; what goes wrong becomes a sentence."""
    directory = Path(data_dir)
    if not directory.is_dir():
        raise Failure(f"There is no directory {data_dir}. Give the data directory of a node that is stopped.")
    try:
        with stopped(directory):
            yield directory
    except DirectoryInUse as busy:
        raise Failure(f"{busy}; or stop the one that uses it.") from None
    except JournalTooNew as newer:
        raise Failure(f"{newer}.") from None
    except OSError as error:
        raise Failure(f"It ended midway: {error}. Mend that and run this again before the node starts.") from None
