"""A health check as a client registers it: the fields of the message, durations as people write them, no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from lictor_actors.client.durations import nanoseconds
from lictor_actors.client.errors import InvalidArgument, words_of
from lictor_messages import agent

_FIELDS = tuple(name for name in agent.CheckSpec.model_fields if name != "maintenance")
_DURATIONS = {name.removesuffix("_ns"): name for name in _FIELDS if name.endswith("_ns")}


class CheckSpec(agent.CheckSpec):
    """A health check: ``CheckSpec(ttl="10s")``, ``CheckSpec(http="http://127.0.0.1:8080/health", interval="5s")``.

    ``id``, ``name``, ``notes``, ``service_id``, ``status`` (the first one, critical if left out); one of ``ttl``,
    ``http`` (with ``method``, ``header``, ``body``, ``disable_redirects``), ``tcp`` (``tcp_use_tls``), ``udp``,
    ``grpc`` (``grpc_use_tls``), ``h2ping`` (``h2ping_use_tls``), ``args`` (a program and its arguments, where the agent
    allows it), ``alias_service``, ``alias_node``; for TLS ``tls_skip_verify``, ``tls_server_name``; ``interval``,
    ``timeout``, ``success_before_passing``, ``failures_before_warning``, ``failures_before_critical``,
    ``deregister_critical_service_after``, ``output_max_size`` (bytes). Durations are seconds, texts or timedeltas;
    ``header`` maps names to a value or several. Raises InvalidArgument for what is no field or no value of one.
    """

    def __init__(self, **fields: Any) -> None:
        for name in fields:
            if name not in _DURATIONS and name not in _FIELDS:
                raise InvalidArgument(f"CheckSpec has no field {name!r}{_nearest(name)}")
        try:
            super().__init__(**{_DURATIONS.get(name, name): _value(name, value) for name, value in fields.items()})
        except ValidationError as error:
            raise InvalidArgument(words_of("CheckSpec", error)) from None


def _value(name: str, value: Any) -> Any:
    if name in _DURATIONS:
        return nanoseconds(value, f"CheckSpec's {name}")
    if name == "header" and isinstance(value, Mapping):
        return tuple((key, (one,) if isinstance(one, str) else tuple(one)) for key, one in value.items())
    return value


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, (*_DURATIONS, *_FIELDS), 1)
    return f": did you mean {near[0]!r}?" if near else ""
