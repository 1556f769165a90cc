"""What selectors and names of binding rules may speak of, by the type of their method.

Source: "Trusted identity attributes" on Consul's pages on the auth methods jwt and kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lictor_actors.consul.selectors import ANY, STRING, STRINGS, Selector
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
    """What a selector may name: of a JWT any name, though one that the method does not map is never there."""
    if method.type == "kubernetes":
        return {group_of(method): dict.fromkeys(value_names(method), STRING)}
    return {group_of(method): {ANY: STRING}, "list": {ANY: STRINGS}}


def spoken_of(method: AuthMethod, values: Mapping[str, str]) -> dict[str, str]:
    """Variables of a name: ``${value.user}``, ``${serviceaccount.name}``."""
    return {f"{group_of(method)}.{name}": value for name, value in values.items()}
