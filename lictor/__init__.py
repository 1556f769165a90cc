"""Lictor: service discovery and coordination built from actors."""

# ruff: noqa: I001  (one import for each module, though its names are said twice for type checkers)

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lictor_actors.client.async_client import AsyncClient as AsyncClient, connect as connect
    from lictor_actors.client.checks import CheckSpec as CheckSpec
    from lictor_actors.client.errors import (
        BadRequest as BadRequest,
        ClientClosed as ClientClosed,
        ConnectionFailed as ConnectionFailed,
        Indefinite as Indefinite,
        InvalidArgument as InvalidArgument,
        LictorError as LictorError,
        NoLeader as NoLeader,
        NoPathToDatacenter as NoPathToDatacenter,
        NoServers as NoServers,
        NotFound as NotFound,
        Refused as Refused,
        Timeout as Timeout,
        TooLarge as TooLarge,
        TransactionFailed as TransactionFailed,
        Unavailable as Unavailable,
        Unexpected as Unexpected,
    )
    from lictor_actors.client.holding import Fence as Fence, LockLost as LockLost
    from lictor_actors.client.lifespan import lifespan as lifespan
    from lictor_actors.client.resolving import NoInstances as NoInstances, Resolved as Resolved
    from lictor_actors.client.results import Rows as Rows
    from lictor_actors.client.sync_client import Client as Client
    from lictor_actors.client.txn import Op as Op
    from lictor_deploy.local.handle import Cluster as Cluster

_ERRORS = "lictor_actors.client.errors"
_HOME = {
    "AsyncClient": "lictor_actors.client.async_client",
    "BadRequest": _ERRORS,
    "CheckSpec": "lictor_actors.client.checks",
    "Client": "lictor_actors.client.sync_client",
    "ClientClosed": _ERRORS,
    "Cluster": "lictor_deploy.local.handle",
    "ConnectionFailed": _ERRORS,
    "Fence": "lictor_actors.client.holding",
    "Indefinite": _ERRORS,
    "InvalidArgument": _ERRORS,
    "LictorError": _ERRORS,
    "LockLost": "lictor_actors.client.holding",
    "NoInstances": "lictor_actors.client.resolving",
    "NoLeader": _ERRORS,
    "NoPathToDatacenter": _ERRORS,
    "NoServers": _ERRORS,
    "NotFound": _ERRORS,
    "Op": "lictor_actors.client.txn",
    "Refused": _ERRORS,
    "Resolved": "lictor_actors.client.resolving",
    "Rows": "lictor_actors.client.results",
    "Timeout": _ERRORS,
    "TooLarge": _ERRORS,
    "TransactionFailed": _ERRORS,
    "Unavailable": _ERRORS,
    "Unexpected": _ERRORS,
    "connect": "lictor_actors.client.async_client",
    "lifespan": "lictor_actors.client.lifespan",
}
"""Where each public name lives; it is imported when it is first used, so that ``import lictor`` costs nothing."""

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'lictor' has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
