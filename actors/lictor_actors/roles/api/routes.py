"""From a path to the route that it takes: exact paths first, then the longest prefix that ends in a slash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from lictor_actors.roles.api.question import HttpQuestion, text
from lictor_actors.roles.api.request import HttpError, HttpRequest, cleaned_path, is_clean, moved_to
from lictor_messages.web import HttpAnswered

Endpoint = Callable[[HttpRequest], HttpQuestion | HttpAnswered]


class Route(NamedTuple):
    """One line of the API."""

    method: str
    path: str
    """One that ends in a slash takes everything below it."""
    endpoint: Endpoint
    guard: str = ""
    """The rights that it takes, resource and level as Consul's pages name them (``key:read``); "" for none."""
    tells_index: bool = False
    """Whether its errors too have the headers of a read."""


Table = tuple[Route, ...]
Methods = dict[str, Route]


class Router:
    """Every route, arranged so that a lookup is two dictionary reads for almost every path."""

    def __init__(self, table: Iterable[Route], lacking: Callable[[Table], Table] = lambda _: ()) -> None:
        self.table = tuple(table)
        """The one list of what answers here."""
        self.refused = lacking(self.table)
        """What does not yet, and says so."""
        self._exact: dict[str, Methods] = {}
        self._families: dict[str, dict[str, Methods]] = {}
        """First part of the path → prefix → methods, the longest prefix first."""
        for route in (*self.table, *self.refused):
            path = route.path
            below = path.endswith("/") and path != "/"
            paths = self._families.setdefault(_family(path), {}) if below else self._exact
            paths.setdefault(path, {})[route.method] = route
        for name, family in self._families.items():
            self._families[name] = dict(sorted(family.items(), key=lambda item: -len(item[0])))

    def find(self, request: HttpRequest) -> Route:
        """The route that the request takes, ``request.rest`` set. Raises HttpError 301, 404, 405, 200 (OPTIONS)."""
        path = request.path
        if not is_clean(path):
            if path == "*":  # all of this server, and not one of its paths
                raise HttpError(200 if request.asked.method == "OPTIONS" else 400)
            raise moved_to(cleaned_path(path), request.query)
        methods = self._exact.get(path) or self._below(path, request)
        method = request.asked.method
        route = methods.get(method)
        if route is None:
            allow = (("Allow", ",".join(("OPTIONS", *methods))),)
            if method == "OPTIONS":
                raise HttpError(200, headers=allow)
            raise HttpError(405, f"method {method} not allowed", headers=allow)
        request.tells_index = route.tells_index
        request.metric = f"api.http;method={method};path={route.path}"
        return route

    def pattern(self, method: str, path: str) -> str:
        """The path of the route that such a request takes, as it is declared; "" if it takes none."""
        below = self._families.get(_family(path), {}).items()
        methods = self._exact.get(path) or next((found for prefix, found in below if path.startswith(prefix)), {})
        return methods[method].path if method in methods else ""

    def _below(self, path: str, request: HttpRequest) -> Methods:
        for prefix, methods in self._families.get(_family(path), {}).items():
            if path.startswith(prefix):
                request.rest = path[len(prefix) :]
                return methods
            if path == prefix[:-1]:
                raise moved_to(prefix, request.query)
        raise HttpError(404)


def root(_: HttpRequest) -> HttpAnswered:
    """Without a user interface the root page is a line that tells what answers here; clients compare it."""
    return text(200, "Consul Agent")


ROOT = Route("GET", "/", root)


def _family(path: str) -> str:
    """``/v1/kv/a/b`` → ``kv``."""
    end = path.find("/", 4)
    return path[4:] if end < 0 else path[4:end]
