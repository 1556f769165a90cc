"""``lictor kv get|put|delete``; export and import are in ``kv_transfer``."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_actors.consul.go_base64 import go_base64
from lictor_deploy.cli.http_api import HttpApi, escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.values import Whole
from lictor_deploy.words.sentence import Failure

app = App(name="kv", help="Read and write the key-value store. Example: lictor kv put greeting hello")

TRANSFER = "lictor_deploy.cli.kv_transfer"
EXPORT_HELP = "Print keys as JSON. Example: lictor kv export app/ > app.json"
IMPORT_HELP = "Write keys from JSON. Example: lictor kv import @app.json"
app.command(f"{TRANSFER}:export", name="export", help=EXPORT_HELP)
app.command(f"{TRANSFER}:import_", name="import", help=IMPORT_HELP)


@app.command
def get(
    key: str = "",
    /,
    *,
    recurse: bool = False,
    keys: bool = False,
    separator: str = "/",
    detailed: bool = False,
    base64: bool = False,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Read a key, or all keys below a prefix; exit code 1 if the key does not exist.

    Example: lictor kv get -recurse app/

    Parameters
    ----------
    key
        The key, or the prefix with -recurse or -keys.
    recurse
        Show all keys below the prefix, as key:value.
    keys
        Show names only.
    separator
        With -keys: names end at the first one of these after the prefix.
    detailed
        Show flags and indexes too.
    base64
        Show values in base64.
    """
    name = key.removeprefix("/")
    if not name and not (recurse or keys):
        raise Failure("Error! Missing KEY argument. Example: lictor kv get greeting")
    if keys:
        show_keys(reach.api(), name, separator)
    elif recurse:
        show_entries(reach.api(), name, detailed, base64)
    else:
        show_entry(reach.api(), name, detailed, base64)


@app.command
def put(
    key: str,
    data: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
    *,
    cas: bool = False,
    modify_index: Whole = 0,
    flags: Whole = 0,
    base64: bool = False,
    acquire: bool = False,
    release: bool = False,
    session: str = "",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Write a key.

    Example: lictor kv put app/config @config.json

    Parameters
    ----------
    key
        The key.
    data
        The value; @FILE reads a file, - reads standard input.
    cas
        Write only if the key has not changed since -modify-index (0: only if it does not exist).
    modify_index
        The ModifyIndex that -cas compares.
    flags
        A number to keep beside the value.
    base64
        The data is base64: decode it first.
    acquire
        Lock the key for -session; nothing is written if another session holds it.
    release
        Unlock the key; nothing is written unless -session holds it.
    session
        The session for -acquire and -release.
    """
    name = key.removeprefix("/")
    if not name:
        raise Failure("Error! Missing KEY argument. Example: lictor kv put greeting hello")
    refuse_put(cas, acquire, release, session)
    value = decoded(read(data)) if base64 else read(data)
    query = {"flags": str(flags)} | ({"cas": str(modify_index)} if cas else {})
    query |= {"acquire": session} if acquire else {"release": session} if release else {}
    answer = expect(reach.api().put(f"/v1/kv/{escaped(name)}", value, **query))
    if answer.text != "true":
        why = "CAS failed" if cas else "lock is held" if acquire else "lock isn't held" if release else "write refused"
        raise Failure(f"Error! Did not {'acquire lock' if acquire else 'write to'} {name}: {why}")
    done = "Lock acquired on" if acquire else "Lock released on" if release else "Data written to"
    print(f"Success! {done}: {name}")


@app.command
def delete(
    key: str = "",
    /,
    *,
    recurse: bool = False,
    cas: bool = False,
    modify_index: Whole = 0,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Remove a key, or all keys below a prefix.

    Example: lictor kv delete -recurse app/

    Parameters
    ----------
    key
        The key, or the prefix with -recurse.
    recurse
        Remove all keys below the prefix.
    cas
        Remove only if the key has not changed since -modify-index.
    modify_index
        The ModifyIndex that -cas compares.
    """
    name = key.removeprefix("/")
    refuse_delete(name, recurse, cas, modify_index)
    query = ({"recurse": ""} if recurse else {}) | ({"cas": str(modify_index)} if cas else {})
    answer = expect(reach.api().delete(f"/v1/kv/{escaped(name)}", **query))
    if answer.text != "true":
        raise Failure(f"Error! Did not delete key {name}: {'CAS failed' if cas else 'refused'}")
    print(f"Success! Deleted {'keys with prefix' if recurse else 'key'}: {name}")


def refuse_put(cas: bool, acquire: bool, release: bool, session: str) -> None:
    """Say what is wrong with the arguments of put before anything is written."""
    if cas + acquire + release > 1:
        raise Failure("Error! -cas, -acquire and -release exclude each other.")
    if (acquire or release) and not session:
        raise Failure(f"Error! Missing -session (required with -{'acquire' if acquire else 'release'})")
    if session and not (acquire or release):
        raise Failure("Error! Cannot specify -session without -acquire or -release!")


def refuse_delete(name: str, recurse: bool, cas: bool, modify_index: int) -> None:
    """Say what is wrong with the arguments of delete before anything is removed."""
    if not name and not recurse:
        raise Failure("Error! Missing KEY argument. To remove every key: lictor kv delete -recurse")
    if recurse and cas:
        raise Failure("Cannot specify both -cas and -recurse!")
    if cas and not modify_index:
        raise Failure("Must specify -modify-index with -cas! `lictor kv get -detailed KEY` shows it.")
    if modify_index and not cas:
        raise Failure("Cannot specify -modify-index without -cas!")


def show_entry(api: HttpApi, name: str, detailed: bool, as_base64: bool) -> None:
    """One key's value."""
    answer = api.get(f"/v1/kv/{escaped(name)}")
    if answer.status == 404:
        raise Failure(f"Error! No key exists at: {name}")
    entry = expect(answer).rows()[0]
    if detailed:
        print(card(entry, as_base64))
    else:
        write(value_of(entry, as_base64))


def show_entries(api: HttpApi, prefix: str, detailed: bool, as_base64: bool) -> None:
    """Every key below a prefix; nothing there is not an error."""
    answer = api.get(f"/v1/kv/{escaped(prefix)}", recurse="")
    entries = [] if answer.status == 404 else expect(answer).rows()
    if detailed:
        print("\n\n".join(card(entry, as_base64) for entry in entries))
        return
    for entry in entries:
        write(entry["Key"].encode() + b":" + value_of(entry, as_base64))


def show_keys(api: HttpApi, prefix: str, separator: str) -> None:
    """The names below a prefix."""
    answer = api.get(f"/v1/kv/{escaped(prefix)}", keys="", separator=separator)
    for name in [] if answer.status == 404 else expect(answer).names():
        print(name)


def card(entry: dict[str, Any], as_base64: bool) -> str:
    """All fields of an entry, one a line."""
    fields = ("CreateIndex", "Flags", "Key", "LockIndex", "ModifyIndex")
    lines = [f"{field:<17}{entry[field]}" for field in fields]
    lines.append(f"{'Session':<17}{entry.get('Session') or '-'}")
    lines.append(f"{'Value':<17}{value_of(entry, as_base64).decode(errors='replace')}")
    return "\n".join(lines)


def value_of(entry: dict[str, Any], as_base64: bool) -> bytes:
    """The value's bytes, or their base64 text."""
    text = (entry["Value"] or "").encode()
    return text if as_base64 else base64.b64decode(text)


def write(value: bytes) -> None:
    """Values are bytes: they go out as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(value + b"\n")
    sys.stdout.buffer.flush()


def read(data: str) -> bytes:
    """The value that an argument names: itself, ``@file`` or ``-`` for standard input."""
    if data == "-":
        return read_stdin()
    if not data.startswith("@"):
        return os.fsencode(data)  # the bytes that were typed, text or not
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        why = f"{error.strerror}. A value that begins with @ names a file."
        raise Failure(f"Error! Failed to read file {data[1:]}: {why}") from None


def read_stdin() -> bytes:
    """All of standard input."""
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise Failure(f"Error! Failed to read stdin: {error.strerror}") from None


def decoded(text: bytes) -> bytes:
    """Base64 → bytes."""
    try:
        return go_base64(text.decode("latin-1"))
    except ValueError as error:
        raise Failure(f"Error! Cannot base 64 decode data: {error}. Leave -base64 out, or give base64.") from None
