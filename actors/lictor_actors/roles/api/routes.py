"""From a path to the function that handles it: exact paths first, then the longest prefix that ends in a slash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lictor_actors.roles.api.ask import Ask, text
from lictor_actors.roles.api.request import HttpError, HttpRequest, cleaned_path, is_clean, moved_to
from lictor_messages.web import HttpAnswered

Endpoint = Callable[[HttpRequest], Ask | HttpAnswered]
Methods = dict[str, Endpoint]
Routes = dict[str, Methods]
"""Path → method → endpoint; a path that ends in a slash takes everything below it."""


class Router:
    """Every route, arranged so that a lookup is two dictionary reads for almost every path."""

    def __init__(self, tables: Iterable[Routes]) -> None:
        self._exact: Routes = {}
        self._families: dict[str, list[tuple[str, Methods]]] = {}
        for table in tables:
            for path, methods in table.items():
                self._add(path, methods)

    def _add(self, path: str, methods: Methods) -> None:
        if not path.endswith("/") or path == "/":
            self._exact[path] = methods
            return
        family = self._families.setdefault(_family(path), [])
        family.append((path, methods))
        family.sort(key=lambda route: -len(route[0]))

    def routes(self) -> Iterator[tuple[str, str]]:
        """Every method with its path; a path that ends in a slash stands for everything below it."""
        below = (route for family in self._families.values() for route in family)
        for path, methods in (*self._exact.items(), *below):
            for method in methods:
                yield method, path

    def endpoint(self, request: HttpRequest) -> Endpoint:
        """The endpoint that the request is for, ``request.rest`` set. Raises HttpError 301, 404, 405, 200 (OPTIONS)."""
        path = request.path
        if not is_clean(path):
            raise moved_to(cleaned_path(path), request.query)
        methods = self._exact.get(path) or self._below(path, request)
        method = request.asked.method
        handler = methods.get(method)
        if handler is None:
            allow = (("Allow", ",".join(("OPTIONS", *methods))),)
            if method == "OPTIONS":
                raise HttpError(200, headers=allow)
            raise HttpError(405, f"method {method} not allowed", headers=allow)
        return handler

    def _below(self, path: str, request: HttpRequest) -> Methods:
        for prefix, methods in self._families.get(_family(path), ()):
            if path.startswith(prefix):
                request.rest = path[len(prefix) :]
                return methods
            if path == prefix[:-1]:
                raise moved_to(prefix, request.query)
        raise HttpError(404)


def root(_: HttpRequest) -> HttpAnswered:
    """Without a user interface the root page is a line that tells what answers here; clients compare it."""
    return text(200, "Consul Agent")


ROOT_ROUTES: Routes = {"/": {"GET": root}}


def _family(path: str) -> str:
    """``/v1/kv/a/b`` → ``kv``."""
    end = path.find("/", 4)
    return path[4:] if end < 0 else path[4:end]
