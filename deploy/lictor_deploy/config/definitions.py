"""Service and check definitions in configuration files: the same fields and the same rules as in the HTTP API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from lictor_actors.consul.check_rules import check_refused, service_refused
from lictor_actors.consul.decode import BadBody, Struct, decode_body
from lictor_actors.roles.api.definitions import (
    CHECK_DEFINITION,
    SERVICE_DEFINITION,
    check_spec,
    own_service,
)
from lictor_actors.roles.api.request import HttpError
from lictor_deploy.words.sentence import Failure
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.refusals import Refused

T = TypeVar("T")


def service_of(raw: dict[str, Any], node: str) -> RegisterService:
    """One entry of ``services``; Failure says what is wrong with it."""
    what = f"service {raw.get('name') or raw.get('Name') or '?'}"
    registration = attempt(what, lambda: registration_of(decode(raw, SERVICE_DEFINITION), node))
    return accepted(what, registration, service_refused(registration))


def check_of(raw: dict[str, Any]) -> CheckSpec:
    """One entry of ``checks``; Failure says what is wrong with it."""
    what = f"check {raw.get('name') or raw.get('Name') or '?'}"
    spec = attempt(what, lambda: check_spec(decode(raw, CHECK_DEFINITION)))
    return accepted(what, spec, check_refused(spec))


def decode(raw: dict[str, Any], struct: Struct) -> dict[str, Any]:
    """The fields that were given, under their Go names."""
    return decode_body(json.dumps(raw).encode(), struct)


def registration_of(given: dict[str, Any], node: str) -> RegisterService:
    """What the agent would have been asked over HTTP."""
    one = [given["Check"]] if given.get("Check") else []
    checks = tuple(map(check_spec, [*one, *given.get("Checks", ())]))
    return RegisterService(service=own_service(given, node), checks=checks)


def attempt(what: str, make: Callable[[], T]) -> T:
    """Turn the API's refusals of a body into a sentence about the file."""
    try:
        return make()
    except BadBody as error:
        raise Failure(f"The definition of {what} is wrong: {error}.") from None
    except HttpError as error:
        raise Failure(f"The definition of {what} is wrong: {error.text}.") from None


def accepted(what: str, made: T, refused: Refused | None) -> T:
    """What was made, unless a rule refuses it."""
    if refused is not None:
        raise Failure(f"The definition of {what} is wrong: {refused.words}.")
    return made
