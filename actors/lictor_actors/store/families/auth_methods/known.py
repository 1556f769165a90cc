"""What selectors and names of binding rules may speak of, by the type of their method.

Source: "Trusted identity attributes" on Consul's pages on the auth methods jwt and kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lictor_actors.consul.selectors import STRING, STRINGS, Selector
from lictor_messages.auth_methods import AuthMethod, ServiceAccount

GROUPS: Final = {"jwt": "value", "kubernetes": "serviceaccount"}
"""Type → what stands before the name of a single value: ``value.user``, ``serviceaccount.name``."""


def group_of(method: AuthMethod) -> str:
    """What stands before the names of its single values."""
    return GROUPS[method.type]


def value_names(method: AuthMethod) -> Iterable[str]:
    """Names of its single values."""
    return ServiceAccount.model_fields if method.type == "kubernetes" else method.config.claim_mappings.values()


def selectable(method: AuthMethod) -> Selector:
    """What a selector may name. Service accounts have no lists."""
    known: dict[str, Selector] = {group_of(method): dict.fromkeys(value_names(method), STRING)}
    if method.type != "kubernetes":
        known["list"] = dict.fromkeys(method.config.list_claim_mappings.values(), STRINGS)
    return known


def spoken_of(method: AuthMethod, values: Mapping[str, str]) -> dict[str, str]:
    """Variables of a name: ``${value.user}``, ``${serviceaccount.name}``."""
    return {f"{group_of(method)}.{name}": value for name, value in values.items()}
