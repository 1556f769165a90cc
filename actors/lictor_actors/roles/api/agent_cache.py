"""``?cached``: that an answer may come from this agent's cache, and how old it may be (Consul's page on caching)."""

from __future__ import annotations

import re

from lictor_actors.roles.api.question import Caching, HttpQuestion
from lictor_actors.roles.api.request import HttpError, HttpRequest

SECOND_NS = 1_000_000_000
_SECONDS = re.compile(r"[0-9]{1,10}")


def cacheable(request: HttpRequest, question: HttpQuestion, *, refreshed: bool = True) -> HttpQuestion:
    """The question of an endpoint for which Consul has a cache.

    ``refreshed``: a blocking query keeps the cached answer right, so that ``Cache-Control`` has nothing to say.
    """
    if request.has("cached") and request.options.use_cache:
        question.caching = _caching(request, refreshed)
    return question


def _caching(request: HttpRequest, refreshed: bool) -> Caching:
    age_most, if_error = None, 0
    for directive in request.header("cache-control").lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name == "must-revalidate":
            age_most = 0
        elif name == "max-age":
            age_most = _seconds(value) if age_most is None else age_most
        elif name == "stale-if-error":
            if_error = _seconds(value)
    return Caching(refreshed=refreshed, age_most_ns=age_most, stale_if_error_ns=if_error)


def _seconds(value: str) -> int:
    if not _SECONDS.fullmatch(value):
        raise HttpError(400, "Invalid Cache-Control header.")
    return int(value) * SECOND_NS
