"""Service and check definitions in configuration files: the same fields and the same rules as in the HTTP API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from lictor_actors.checks.rules import check_refused, service_refused
from lictor_actors.checks.script import Allowed, script_refused
from lictor_actors.consul import definitions
from lictor_actors.consul.decode import BadBody
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.agent import CHECK_DEFINITION, SERVICE_DEFINITION
from lictor_deploy.words.sentence import Failure
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.refusals import Refused

T = TypeVar("T")


def service_of(raw: dict[str, Any], node: str, scripts: Allowed) -> RegisterService:
    """One entry of ``services`` of an agent that runs these ``scripts``; Failure says what is wrong with it."""
    what = f"service {raw.get('name') or raw.get('Name') or '?'}"
    registration = attempt(what, lambda: registration_of(decode(raw, SERVICE_DEFINITION), node))
    return accepted(what, registration, service_refused(registration) or scripts_refused(registration.checks, scripts))


def check_of(raw: dict[str, Any], scripts: Allowed) -> CheckSpec:
    """One entry of ``checks``; Failure says what is wrong with it."""
    what = f"check {raw.get('name') or raw.get('Name') or '?'}"
    spec = attempt(what, lambda: definitions.check_of(decode(raw, CHECK_DEFINITION)))
    return accepted(what, spec, check_refused(spec) or scripts_refused((spec,), scripts))


def scripts_refused(specs: Iterable[CheckSpec], scripts: Allowed) -> Refused | None:
    """Why the first script among these is not run, None if all are."""
    refusals = (script_refused(spec, scripts, from_files=True) for spec in specs)
    return next((refused for refused in refusals if refused is not None), None)


def decode(raw: dict[str, Any], struct: Struct[Any]) -> dict[str, Any]:
    """The fields that were given, under their Go names."""
    return struct.decoded(json.dumps(raw).encode())


def registration_of(given: dict[str, Any], node: str) -> RegisterService:
    """What the agent would have been asked over HTTP."""
    one = [given["Check"]] if given.get("Check") else []
    checks = tuple(map(definitions.check_of, [*one, *given.get("Checks", ())]))
    token = given.get("Token", "")
    return RegisterService(service=definitions.service_of(given, node), checks=checks, token=token)


def attempt(what: str, make: Callable[[], T]) -> T:
    """Turn refusals of a body into a sentence about the file."""
    try:
        return make()
    except (BadBody, definitions.NotRun) as error:
        raise Failure(f"The definition of {what} is wrong: {error}.") from None


def accepted(what: str, made: T, refused: Refused | None) -> T:
    """What was made, unless a rule refuses it."""
    if refused is not None:
        raise Failure(f"The definition of {what} is wrong: {refused.words}.")
    return made
