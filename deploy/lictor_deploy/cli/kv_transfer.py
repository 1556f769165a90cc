"""``lictor kv export|import``: keys as Consul's JSON, ``[{"key", "flags", "value"}]`` with values in base64."""

from __future__ import annotations

import json
from typing import Annotated, Any, NamedTuple

from cyclopts import Parameter

from lictor_actors.consul.go_base64 import go_base64
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.kv import read
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure
from lictor_messages.bounds import UINT64_MAX


class Pair(NamedTuple):
    """One key to import."""

    key: str
    flags: int
    value: bytes


def export(prefix: str = "", /, *, reach: Reach = DEFAULT_REACH) -> None:
    """Print all keys below a prefix as JSON, for `lictor kv import`.

    Example: lictor kv export app/ > app.json

    Parameters
    ----------
    prefix
        Where the names begin. Default: every key.
    """
    answer = reach.api().get(f"/v1/kv/{escaped(prefix.removeprefix('/'))}", recurse="")
    entries = [] if answer.status == 404 else expect(answer).rows()
    pairs = [{"key": e["Key"], "flags": e["Flags"], "value": e["Value"] or ""} for e in entries]
    print(json.dumps(pairs, indent="\t", ensure_ascii=False))


def import_(
    data: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
    *,
    prefix: str = "",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Write keys that `lictor kv export` printed.

    Example: lictor kv import @app.json

    Parameters
    ----------
    data
        The JSON; @FILE reads a file, - reads standard input.
    prefix
        Put every key below this one.
    """
    if not data:
        raise Failure("Error! Missing DATA argument. Example: lictor kv import @app.json")
    pairs = parsed(read(data))
    api = reach.api()
    for pair in pairs:
        name = below(prefix, pair.key)
        answer = expect(api.put(f"/v1/kv/{escaped(name)}", pair.value, flags=str(pair.flags)))
        if answer.text != "true":
            raise Failure(f"Error! Failed writing data for key {name}: write refused")
        print(f"Imported: {name}")


def parsed(text: bytes) -> list[Pair]:
    """All pairs; Failure if one of them is wrong, before any is written."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"it is no JSON ({error})"
        raise Failure(f"Cannot unmarshal data: {why}. Give what `lictor kv export` printed.") from None
    if not isinstance(rows, list):
        raise Failure("Cannot unmarshal data: it is no list of objects with key, flags and value")
    return [pair(number, row) for number, row in enumerate(rows, 1)]


def pair(number: int, row: Any) -> Pair:
    """One row."""
    if not isinstance(row, dict) or not isinstance(row.get("key"), str) or not row["key"]:
        raise Failure(f"Cannot unmarshal data: entry {number} has no key")
    key, flags, value = row["key"], row.get("flags") or 0, row.get("value") or ""
    if type(flags) is not int or not 0 <= flags <= UINT64_MAX:
        raise Failure(f"Cannot unmarshal data: the flags of {key} are no whole number of 64 bits")
    escaped(key)  # or it could be refused after others were written
    try:
        return Pair(key.removeprefix("/"), flags, go_base64(value))
    except (ValueError, AttributeError):  # no base64, or no text
        raise Failure(f"Cannot base64 decode value of key {key}") from None


def below(prefix: str, key: str) -> str:
    """The key under a prefix, with one slash between."""
    return f"{prefix.strip('/')}/{key}" if prefix.strip("/") else key
