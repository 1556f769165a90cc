"""Service and check definitions as the agent's endpoints take them: JSON in, our records out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lictor_actors.consul.decode import BadBody
from lictor_actors.consul.definitions import NotRun, check_of, service_of
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.agent import SERVICE_DEFINITION
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.agent import CheckSpec, RegisterService


def decoded(request: HttpRequest, struct: Struct[Any]) -> dict[str, Any]:
    """The body as that struct; raises HttpError 400 with Consul's prefix and Go's words."""
    try:
        return struct.decoded(request.body)
    except BadBody as error:
        raise HttpError(400, f"Request decode failed: {error}") from error


def service_registration(request: HttpRequest) -> RegisterService:
    """The body of /v1/agent/service/register. The agent judges it; here is only what our records cannot hold."""
    given = decoded(request, SERVICE_DEFINITION)
    with refused_by_name():
        return RegisterService(
            service=service_of(given, request.options.name),
            checks=tuple(map(check_of, one_and_more(given))),
            replace_existing_checks=request.params.get("replace-existing-checks", ["false"])[0] in ("", "true"),
            token=given.get("Token", ""),
        )


@contextmanager
def refused_by_name() -> Iterator[None]:
    """What Consul has and Lictor does not is an HttpError."""
    try:
        yield
    except NotRun as error:
        raise HttpError(error.status, str(error)) from error


def one_and_more(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``Check`` and ``Checks``, without empty ones."""
    return [check for check in (given.get("Check"), *given.get("Checks", ())) if check]


def check_spec(given: Mapping[str, Any]) -> CheckSpec:
    """A check definition as our record; raises HttpError for the kinds of check that we do not run."""
    with refused_by_name():
        return check_of(given)
