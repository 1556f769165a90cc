"""What the configuration forbids over HTTP, what it says where a request says nothing, and what a reload changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.gateway.access import Access
from lictor_messages.catalog import ListNodes
from lictor_messages.envelope import Envelope
from lictor_messages.jobs import JobFailed
from lictor_messages.profiling import ProfileTaken, TakeProfile
from lictor_messages.web import GatewayOptions, HttpAsked

GATEWAY = "gateway@n1.dc1"


@pytest.fixture
def follow(desk: Any) -> Callable[..., Any]:
    """The gateway hears these options while it runs; what it tells its door is kept."""

    def heard(**rules: Any) -> Any:
        options = desk.gateway.options.model_copy(update=rules)
        told = [effect.envelope for effect in desk.life.turn(options, Envelope("agent@n1.dc1", GATEWAY, options), 0, 0)]
        assert [(envelope.target, envelope.body) for envelope in told] == [("http@n1.dc1", options)]
        return desk

    return heard


@pytest.mark.parametrize("path", ["/v1/agent/self", "/v1/agent/s%65lf", "/v1/agent", "/v1/agent/nothing"])
@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_a_blocked_path_is_forbidden_however_it_is_written(follow: Any, path: str, method: str) -> None:
    desk = follow(block_endpoints=("/v1/agent",))
    said = desk.answers[desk.http(method, path)]
    assert (said.status, said.body) == (403, b"Endpoint is blocked by agent configuration")
    assert desk.get("/v1/status").status == 404


def test_what_was_read_before_it_was_blocked_is_forbidden_too(desk: Any, follow: Any) -> None:
    desk.http("GET", "/v1/kv/a")
    follow(block_endpoints=("/v1/kv",))
    assert desk.get("/v1/kv/a").status == 403


@pytest.mark.parametrize(
    ("networks", "peer", "method", "status"),
    [
        (("10.0.0.0/8",), "127.0.0.1", "PUT", 403),
        (("127.0.0.0/8",), "127.0.0.1", "PUT", 0),
        (("10.0.0.0/8", "127.0.0.1/32"), "127.0.0.1", "DELETE", 0),
        (("10.0.0.0/8",), "127.0.0.1", "GET", 0),
        (("127.0.0.0/8",), "::ffff:127.0.0.1", "PUT", 0),
        (("fe80::/10",), "fe80::1%eth0", "PUT", 0),
        (("0.0.0.0/0",), "", "PUT", 403),
        ((), "", "PUT", 0),
    ],
)
def test_writes_come_from_the_networks_that_may_write(
    desk: Any, networks: tuple[str, ...], peer: str, method: str, status: int
) -> None:
    asked = HttpAsked(method=method, target="/v1/kv/a", peer=peer)
    request = HttpRequest(asked, desk.gateway.options, FakeTurn())
    access = Access(desk.gateway.options.model_copy(update={"allow_write_http_from": networks}))
    if not status:
        access.check_write(request)
        return
    with pytest.raises(HttpError, match="Access is restricted") as refused:
        access.check_write(request)
    assert refused.value.status == status


class FakeTurn:
    """As much of a turn as a request looks at."""

    me = GATEWAY

    class life:
        secret = None


@pytest.mark.parametrize(
    ("query", "consistency", "age"),
    [("", "stale", 5), ("?stale", "stale", 0), ("?leader", "default", 0), ("?max_stale=1s", "stale", 1)],
)
def test_discovery_is_as_stale_as_the_configuration_says(follow: Any, query: str, consistency: str, age: int) -> None:
    desk = follow(discovery_max_stale_ns=5 * 10**9)
    desk.http("GET", f"/v1/catalog/nodes{query}")
    asked = desk.upstream()
    assert isinstance(asked, ListNodes)
    assert (asked.consistency, asked.max_stale_ns) == (consistency, age * 10**9)
    desk.http("GET", "/v1/kv/a?keys")
    assert desk.upstream().consistency == "default"


def test_paths_that_cannot_be_seen_are_taken_if_they_may(follow: Any, desk: Any) -> None:
    assert desk.get("/v1/kv/a%01").status == 400
    follow(disable_unprintable_char_filter=True)
    desk.http("GET", "/v1/kv/a%01")
    assert desk.upstream().key == "a\x01"


# -- /debug/pprof/ -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "profile", "goroutine", "cmdline", "heap", "trace", "block"])
def test_nothing_is_debugged_unless_it_may_be(desk: Any, path: str) -> None:
    said = desk.get(f"/debug/pprof/{path}")
    assert (said.status, said.body, desk.jobs) == (404, b"", [])


@pytest.mark.parametrize(
    ("path", "look", "seconds"),
    [
        ("profile?seconds=2", "profile", 2),
        ("profile", "profile", 30),
        ("trace?seconds=2", "trace", 2),
        ("trace", "trace", 1),
        ("heap", "heap", 0),
        ("goroutine", "goroutine", 0),
    ],
)
def test_a_profile_is_the_hosts_job(follow: Any, path: str, look: str, seconds: int) -> None:
    desk = follow(enable_debug=True)
    request = desk.http("GET", f"/debug/pprof/{path}")
    (job,) = desk.jobs
    assert (job.look, job.seconds) == (look, seconds)
    desk.take(ProfileTaken(ticket=job.ticket, text="a;b 7\n"), None)
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"a;b 7\n")


def test_what_the_host_cannot_see_is_said(follow: Any) -> None:
    desk = follow(enable_debug=True)
    request = desk.http("GET", "/debug/pprof/profile")
    assert isinstance(desk.jobs[0], TakeProfile)
    desk.take(JobFailed(ticket=desk.jobs[0].ticket, error="cpu profiling already in use"), None)
    assert (desk.answers[request].status, desk.answers[request].body) == (500, b"cpu profiling already in use")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("", 200, "goroutine"),
        ("allocs", 404, "There is no allocs profile here: memory is not traced"),
        ("block", 404, "Python does not count what waits for locks"),
        ("x", 404, "Unknown profile"),
        *((f"profile?seconds={odd}", 400, "from 1 to 300") for odd in ("0", "301", "-1", "x", "9" * 30, "%D9%A3")),
        ("trace?seconds=0", 400, "from 1 to 300"),
    ],
)
def test_what_python_lacks_is_refused_by_name(follow: Any, path: str, status: int, words: str) -> None:
    said = follow(enable_debug=True).get(f"/debug/pprof/{path}")
    assert said.status == status
    assert words in said.body.decode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=12), query=st.text(max_size=8), blocked=st.text(max_size=4), filtered=st.booleans())
def test_no_path_is_more_than_refused(new_desk: Any, path: str, query: str, blocked: str, filtered: bool) -> None:
    desk = new_desk()
    rules = {"block_endpoints": (f"/{blocked}",), "disable_unprintable_char_filter": not filtered, "enable_debug": True}
    options = GatewayOptions(**{**dict(desk.gateway.options), **rules})
    desk.life.turn(options, Envelope("agent@n1.dc1", GATEWAY, options), 0, 0)
    for target in (f"/debug/pprof/{path}?seconds={query}", f"/{path}?{query}"):
        request = desk.http("GET", target)
        said = desk.answers.get(request)
        assert said is None or said.status < 500
