"""``lictor keyring``: the keys by which gossip is encrypted, on all nodes of all datacenters."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.values import Whole
from lictor_deploy.words.sentence import Failure

PATH = "/v1/operator/keyring"
WRITES = {"install": "POST", "use": "PUT", "remove": "DELETE"}
SAID = {
    "install": "Installing new gossip encryption key...",
    "use": "Changing primary gossip encryption key...",
    "remove": "Removing gossip encryption key...",
}
ONE_OF = "Give one of -install=KEY, -use=KEY, -remove=KEY, -list and -list-primary. Example: lictor keyring -list"


def keyring(
    *,
    install: str = "",
    use: str = "",
    remove: str = "",
    list: bool = False,
    list_primary: bool = False,
    local_only: bool = False,
    relay_factor: Whole = 0,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Show and change the keys of gossip on all nodes.

    Example: lictor keyring -list

    Parameters
    ----------
    install
        Give all nodes this key, to decrypt with; - reads it from standard input, here and below.
    use
        Have all nodes encrypt with this key, which they must have.
    remove
        Take this key from all nodes; it must not be the one that they encrypt with.
    list
        Show the keys, and how many nodes have each.
    list_primary
        Show the keys that nodes encrypt with.
    local_only
        With a list: of the agent's own datacenter, and not of all.
    relay_factor
        Let each node answer through so many others as well, at most 5.
    """
    given = {verb: key for verb, key in (("install", install), ("use", use), ("remove", remove)) if key}
    refuse(len(given) + list + list_primary, local=local_only and bool(given))
    query = {"relay-factor": str(relay_factor)} if relay_factor else {}
    if not given:
        show(reach, query, local_only=local_only, primary=list_primary)
    for verb, key in given.items():
        change(reach, query, verb, key)


def refuse(actions: int, *, local: bool) -> None:
    """What is no single action, or is one that is never local."""
    if actions != 1:
        raise Failure(ONE_OF)
    if local:
        raise Failure("-local-only goes with -list and -list-primary alone.")


def change(reach: Reach, query: Mapping[str, str], verb: str, key: str) -> None:
    """Have all nodes do it."""
    print(f"==> {SAID[verb]}")
    body = json.dumps({"Key": key if key != "-" else sys.stdin.readline().strip()}).encode()
    expect(reach.api().ask(WRITES[verb], PATH, query, body))


def show(reach: Reach, query: Mapping[str, str], *, local_only: bool, primary: bool) -> None:
    """The keys of each pool."""
    print(f"==> Gathering installed {'primary ' if primary else ''}encryption keys...")
    local = {"local-only": "true"} if local_only else {}
    for row in expect(reach.api().get(PATH, **query, **local)).rows():
        print("\n" + pool(row, row["PrimaryKeys" if primary else "Keys"] or {}))


def pool(row: Mapping[str, Any], keys: Mapping[str, int]) -> str:
    """One pool: a line a key, with how many of its nodes have it."""
    name = "WAN" if row["WAN"] else f"{row['Datacenter']} (LAN)"
    return "\n".join((f"{name}:", *(f"  {key} [{count}/{row['NumNodes']}]" for key, count in keys.items())))
