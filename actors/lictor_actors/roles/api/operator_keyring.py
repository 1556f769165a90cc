"""/v1/operator/keyring: the keys of gossip, in the pool of all datacenters' servers and in each datacenter's own.

Source: Consul's page of the endpoint, "Keyring Operator HTTP API".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lictor_actors.consul.structs.operator import KEYRING
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import parse_bool
from lictor_actors.roles.api.question import HttpQuestion, empty, json_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.keyring import KeyringReport, KeyringVerb, RunKeyring
from lictor_messages.pool import RELAYS_MOST
from lictor_messages.status import Datacenters, ListDatacenters
from lictor_messages.web import HttpAnswered

FOR_LISTS = "Invalid use of local-only: local-only can only be set for list requests"


@dataclass(frozen=True, slots=True)
class _Operation:
    """Asks one pool after the other: that of all datacenters, then each datacenter's own."""

    asked: RunKeyring
    datacenters: tuple[str, ...]
    reports: tuple[KeyringReport, ...] = ()

    def next(self, request: HttpRequest) -> HttpQuestion | HttpAnswered:
        if not self.datacenters:
            return _answer(self.asked, self.reports, request)
        return self.ask(self.asked.model_copy(update={"dc": self.datacenters[0]}), self.datacenters[1:])

    def ask(self, asked: RunKeyring, then: tuple[str, ...]) -> HttpQuestion:
        def heard(report: KeyringReport, request: HttpRequest) -> HttpQuestion | HttpAnswered:
            has_pool = report.nodes > 0 or report.error
            reports = (*self.reports, report) if has_pool else self.reports
            return _Operation(self.asked, then, reports).next(request)

        return HttpQuestion(asked, heard)


def keyring(verb: KeyringVerb) -> Endpoint:
    """The endpoint that does this on all pools, or with ``?local-only`` lists the keys of this datacenter's own."""

    def endpoint(request: HttpRequest) -> HttpQuestion | HttpAnswered:
        """List keys (GET), install one (POST), use one (PUT) or remove one (DELETE), on all pools."""
        key = "" if verb == "list" else str(decoded(request, KEYRING).get("Key", ""))
        asked = RunKeyring(verb=verb, key=key, relay_factor=_relay_factor(request.param("relay-factor")))
        if _local_only(request.param("local-only"), verb):
            return _Operation(asked, (request.options.dc,)).next(request)
        return HttpQuestion(ListDatacenters(), lambda known, _: _everywhere(asked, known))

    return endpoint


def _everywhere(asked: RunKeyring, known: Datacenters) -> HttpQuestion:
    wan = asked.model_copy(update={"wan": True})
    return _Operation(asked, known.names).ask(wan, known.names)


def _relay_factor(raw: str) -> int:
    digits = raw.removeprefix("-").removeprefix("+")
    if raw and not (digits.isascii() and digits.isdigit()):
        raise HttpError(400, f'Error parsing relay factor: strconv.Atoi: parsing "{raw}": invalid syntax')
    factor = int(raw[:20]) if raw else 0
    if not 0 <= factor <= RELAYS_MOST:
        raise HttpError(400, f"Invalid relay-factor: Relay factor must be in range: [0, {RELAYS_MOST}]")
    return factor


def _local_only(raw: str, verb: KeyringVerb) -> bool:
    given = parse_bool(raw) if raw else False
    if given is None:
        raise HttpError(400, f'Error parsing local-only: strconv.ParseBool: parsing "{raw}": invalid syntax')
    if given and verb != "list":
        raise HttpError(400, FOR_LISTS)
    return given


def _answer(asked: RunKeyring, reports: Sequence[KeyringReport], request: HttpRequest) -> HttpAnswered:
    errors = [line for report in reports if report.error for line in _errors(report)]
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        return text(500, f"{count} occurred:\n" + "".join(f"\t* {error}\n" for error in errors) + "\n")
    if asked.verb != "list":
        return empty()
    return json_answer([_row(report) for report in reports], request)


def _errors(report: KeyringReport) -> list[str]:
    pool = "WAN" if report.wan else f"{report.dc} (LAN)"
    return [f"{pool} error: {report.error}", *(f"{node}: {why}" for node, why in report.messages.items())]


def _row(report: KeyringReport) -> dict[str, Any]:
    return {
        "WAN": report.wan,
        "Datacenter": report.dc,
        "Segment": "",
        "Keys": dict(report.keys),
        "PrimaryKeys": dict(report.primary_keys),
        "NumNodes": report.nodes,
    }


ROUTES = (
    Route("GET", "/v1/operator/keyring", keyring("list"), "keyring:read"),
    Route("POST", "/v1/operator/keyring", keyring("install"), "keyring:write"),
    Route("PUT", "/v1/operator/keyring", keyring("use"), "keyring:write"),
    Route("DELETE", "/v1/operator/keyring", keyring("remove"), "keyring:write"),
)
