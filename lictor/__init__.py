"""Lictor: service discovery and coordination built from actors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lictor_actors.client.async_client import AsyncClient, connect
    from lictor_actors.client.checks import CheckSpec
    from lictor_actors.client.errors import (
        BadRequest,
        ClientClosed,
        ConnectionFailed,
        Indefinite,
        InvalidArgument,
        LictorError,
        NoLeader,
        NoPathToDatacenter,
        NoServers,
        NotFound,
        Refused,
        Timeout,
        TooLarge,
        Unavailable,
        Unexpected,
    )
    from lictor_actors.client.locks import Fence, LockLost
    from lictor_actors.client.results import Rows
    from lictor_actors.client.sync_client import Client
    from lictor_deploy.local.handle import Cluster

_ERRORS = "lictor_actors.client.errors"
_HOME = {
    "AsyncClient": "lictor_actors.client.async_client",
    "BadRequest": _ERRORS,
    "CheckSpec": "lictor_actors.client.checks",
    "Client": "lictor_actors.client.sync_client",
    "ClientClosed": _ERRORS,
    "Cluster": "lictor_deploy.local.handle",
    "ConnectionFailed": _ERRORS,
    "Fence": "lictor_actors.client.locks",
    "Indefinite": _ERRORS,
    "InvalidArgument": _ERRORS,
    "LictorError": _ERRORS,
    "LockLost": "lictor_actors.client.locks",
    "NoLeader": _ERRORS,
    "NoPathToDatacenter": _ERRORS,
    "NoServers": _ERRORS,
    "NotFound": _ERRORS,
    "Refused": _ERRORS,
    "Rows": "lictor_actors.client.results",
    "Timeout": _ERRORS,
    "TooLarge": _ERRORS,
    "Unavailable": _ERRORS,
    "Unexpected": _ERRORS,
    "connect": "lictor_actors.client.async_client",
}
"""Where each public name lives; it is imported when it is first used, so that ``import lictor`` costs nothing."""

__all__ = [
    "AsyncClient",
    "BadRequest",
    "CheckSpec",
    "Client",
    "ClientClosed",
    "Cluster",
    "ConnectionFailed",
    "Fence",
    "Indefinite",
    "InvalidArgument",
    "LictorError",
    "LockLost",
    "NoLeader",
    "NoPathToDatacenter",
    "NoServers",
    "NotFound",
    "Refused",
    "Rows",
    "Timeout",
    "TooLarge",
    "Unavailable",
    "Unexpected",
    "connect",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'lictor' has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
