"""``lictor maint``: take a node or a service out of every answer for a while, and see what is out."""

from __future__ import annotations

from lictor_deploy.cli.http_api import HttpApi, escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

NODE_CHECK = "_node_maintenance"
SERVICE_CHECK = "_service_maintenance:"


def maint(
    *, enable: bool = False, disable: bool = False, reason: str = "", service: str = "", reach: Reach = DEFAULT_REACH
) -> None:
    """Put a node or one of its services into maintenance, or take it out; without flags, show what is in maintenance.

    Example: lictor maint -enable -service=web1 -reason="new disk"

    Parameters
    ----------
    enable
        Begin maintenance.
    disable
        End it.
    reason
        Why, for people.
    service
        Id of a service of the agent. Default: the node itself.
    """
    if enable and disable:
        raise Failure("Only one of -enable or -disable may be given.")
    if not (enable or disable):
        if reason or service:
            raise Failure("Say whether it begins or ends: -enable or -disable.")
        print(listed(reach.api()), end="")
        return
    query = {"enable": str(enable).lower()} | ({"reason": reason} if reason else {})
    path = f"/v1/agent/service/maintenance/{escaped(service)}" if service else "/v1/agent/maintenance"
    expect(reach.api().put(path, b"", **query))
    state = "enabled" if enable else "disabled"
    print(f'Service maintenance is now {state} for "{service}"' if service else f"Node maintenance is now {state}")


def listed(api: HttpApi) -> str:
    """The node and the services that are in maintenance, with the reasons."""
    checks = expect(api.get("/v1/agent/checks")).fields_of(dict)
    told = [
        f"Node:\n  Name:   {check['Node']}\n  Reason: {check['Notes']}\n"
        for check in checks.values()
        if check["CheckID"] == NODE_CHECK
    ]
    told += [
        f"Service:\n  ID:     {check['ServiceID']}\n  Reason: {check['Notes']}\n"
        for check in checks.values()
        if check["CheckID"].startswith(SERVICE_CHECK)
    ]
    return "\n".join(told)
