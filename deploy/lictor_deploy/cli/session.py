"""``lictor session create|destroy|renew|info|list``."""

from __future__ import annotations

import json
from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import go_duration

app = App(name="session", help="Make, renew and end sessions, to which locks are tied. Example: lictor session list")
HEAD = ("ID", "Name", "Node", "TTL", "Behavior", "LockDelay", "Checks", "CreateIndex")


@app.command
def create(
    *,
    name: str = "",
    node: str = "",
    ttl: str = "",
    lock_delay: str = "15s",
    behavior: str = "release",
    check: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    no_checks: bool = False,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Begin a session and print its id.

    Example: lictor session create -name=nightly -ttl=30s

    Parameters
    ----------
    name
        A name for people.
    node
        The node that the session belongs to. Default: the agent's own.
    ttl
        The session ends if it is not renewed for so long: 10s to 24h. Default: it needs no renewal.
    lock_delay
        For how long no session may lock a key that the session lost: 0s to 60s.
    behavior
        What becomes of the session's keys when it ends: release or delete.
    check
        A check of the node that ends the session when it is critical; may be given several times. Default: serfHealth.
    no_checks
        No check ends the session.
    """
    if check and no_checks:
        raise Failure("Error! -check and -no-checks exclude each other.")
    body: dict[str, Any] = {"Name": name, "LockDelay": lock_delay, "Behavior": behavior, "TTL": ttl}
    if node:
        body["Node"] = node
    if check or no_checks:
        body["NodeChecks"] = list(check)
    print(expect(reach.api().put("/v1/session/create", json.dumps(body).encode())).fields()["ID"])


@app.command
def destroy(session: str, /, *, reach: Reach = DEFAULT_REACH) -> None:
    """End a session; its keys are released or deleted.

    Example: lictor session destroy 0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    session
        The session's id.
    """
    expect(reach.api().put(f"/v1/session/destroy/{escaped(session)}"))
    print(f"Destroyed session: {session}")


@app.command
def renew(session: str, /, *, reach: Reach = DEFAULT_REACH) -> None:
    """Start a session's TTL anew; exit code 1 if it has ended.

    Example: lictor session renew 0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    session
        The session's id.
    """
    answer = reach.api().put(f"/v1/session/renew/{escaped(session)}")
    if answer.status == 404:
        raise Failure(answer.text)
    show(expect(answer).rows())


@app.command
def info(session: str, /, *, reach: Reach = DEFAULT_REACH) -> None:
    """Show one session; exit code 1 if it does not exist.

    Example: lictor session info 0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    session
        The session's id.
    """
    rows = expect(reach.api().get(f"/v1/session/info/{escaped(session)}")).rows()
    if not rows:
        raise Failure(f"Session id '{session}' not found")
    show(rows)


@app.command(name="list")
def list_sessions(*, node: str = "", reach: Reach = DEFAULT_REACH) -> None:
    """List all sessions, or those of a node.

    Example: lictor session list -node=web-1

    Parameters
    ----------
    node
        Only sessions of this node.
    """
    path = f"/v1/session/node/{escaped(node)}" if node else "/v1/session/list"
    show(expect(reach.api().get(path)).rows())


def show(rows: list[dict[str, Any]]) -> None:
    """One line for each session."""
    print(columns(HEAD, [line(row) for row in rows]))


def line(row: dict[str, Any]) -> list[str]:
    """The cells of one session; "-" where it has nothing."""
    checks = [*(row["NodeChecks"] or ()), *(check["ID"] for check in row["ServiceChecks"] or ())]
    texts = (row["ID"], row["Name"], row["Node"], row["TTL"], row["Behavior"], go_duration(row["LockDelay"]))
    return [text or "-" for text in (*texts, ",".join(checks))] + [str(row["CreateIndex"])]
