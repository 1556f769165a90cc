"""What clients asked of the catalog, reckoned from the times of HTTP requests: so it costs no request anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lictor_actors.consul.client_api import call_of


def catalog_calls(requests: Mapping[str, int], counted: Mapping[str, float], node: str) -> Iterator[tuple[str, float]]:
    """``requests``: how many, by series; ``counted``: counters, those that failed among them. Both of one time."""
    calls: Counter[str] = Counter()
    for what, count in requests.items():
        if what.startswith("api.http;") and (call := call_of(what)):
            calls[call] += count
    for call, count in calls.items():
        yield f"client.api.{call};node={node}", float(count)
        yield f"client.api.success.{call};node={node}", count - counted.get(f"client.rpc.error.{call};node={node}", 0.0)
