"""The OpenAPI document: each route is an operation, described by its docstring, its guard and what it reads."""

from __future__ import annotations

from functools import partial
from itertools import chain, count
from typing import Any

from lictor_actors.consul.struct import Schema
from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.version import VERSION
from openapi.reads import Reads, reads_of
from openapi.words import ANSWERS, NAMES, PARAMETERS, RAW_BODIES, READ_IN_ANSWERS

TOKEN_HEADER = "X-Consul-Token"
WORDS_OF_REFUSALS: Schema = {
    "description": "What is wrong and, where there is one, the remedy; in plain text.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1 of everything that the router takes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTER.table:
        paths.setdefault(_template(route.path), {})[route.method.lower()] = _operation(route)
    schemas: dict[str, Schema] = {}
    shared_paths = _shared(dict(sorted(paths.items())), schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lictor",
            "version": VERSION,
            "summary": "Consul's HTTP interface, as an agent answers it.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:8500"}],
        "security": [{}, {"token": []}],
        "paths": shared_paths,
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER}},
            "responses": {"refused": WORDS_OF_REFUSALS},
            "parameters": {
                name: {"name": name, "in": "query", "description": meaning, "schema": schema}
                for name, (schema, meaning) in PARAMETERS.items()
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _shared(part: Any, schemas: dict[str, Schema]) -> Any:
    """The same with a reference in place of each struct, which stands once among ``schemas``; another struct of the
    same name is told from it by a number.
    """
    if isinstance(part, list):
        return [_shared(item, schemas) for item in part]
    if not isinstance(part, dict):
        return part
    inner = {key: _shared(value, schemas) for key, value in part.items()}
    if "title" not in inner or "properties" not in inner:
        return inner
    names = chain([inner["title"]], (f"{inner['title']}{number}" for number in count(2)))
    name = next(name for name in names if schemas.setdefault(name, inner) == inner)
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(route: Route) -> dict[str, Any]:
    reads = reads_of(route)
    operation = {
        "operationId": _operation_id(route),
        "tags": [route.path.strip("/").split("/")[1] if route.path.startswith("/v1/") else "other"],
        "summary": summary(route.endpoint),
        "parameters": [*_path_parameters(route), *_query_parameters(route, reads)],
        "responses": {
            "200": _answered(route),
            "4XX": {"$ref": "#/components/responses/refused"},
            "5XX": {"$ref": "#/components/responses/refused"},
        },
    }
    body = _body(route, reads)
    if body:
        operation["requestBody"] = body
    if route.guard:
        operation["description"] = f"Takes `{route.guard}` where access control is on."
    return operation


def summary(endpoint: Endpoint) -> str:
    """The first sentence of what the endpoint says of itself."""
    function = endpoint.func if isinstance(endpoint, partial) else endpoint
    return " ".join((function.__doc__ or "").partition("\n\n")[0].split())


def _template(path: str) -> str:
    return f"{path}{{{_name_behind(path)}}}" if path.endswith("/") and path != "/" else path


def _name_behind(path: str) -> str:
    kind = path.strip("/").removeprefix("v1/")
    return NAMES.get(kind) or ("name" if kind.endswith("name") or "internal" in kind else "id")


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    template = _template(route.path)
    if template == route.path:
        return []
    name = _name_behind(route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]


def _query_parameters(route: Route, reads: Reads) -> list[dict[str, Any]]:
    names = reads.parameters | set(READ_IN_ANSWERS.get(route.path, ()))
    return [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS if name in names]


def _body(route: Route, reads: Reads) -> dict[str, Any]:
    if reads.body is not None:
        schema = reads.body.schema
        taken = {"type": "array", "items": schema} if reads.many else schema
        return {"content": {"application/json": {"schema": taken}}}
    if route.method == "PUT" and route.path in RAW_BODIES:
        raw = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        return {"description": RAW_BODIES[route.path], "content": raw}
    return {}


def _answered(route: Route) -> dict[str, Any]:
    schema = ANSWERS.get(route.path) if route.method == "GET" else None
    answered: dict[str, Any] = {"description": "As it was asked."}
    if schema is not None:
        answered["content"] = {"application/json": {"schema": schema}}
    return answered


def _operation_id(route: Route) -> str:
    words = route.path.strip("/").removeprefix("v1/").replace("/", "-") or "root"
    return f"{route.method.lower()}-{words}" + ("-one" if route.path.endswith("/") and route.path != "/" else "")
