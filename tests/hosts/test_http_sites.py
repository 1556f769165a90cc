"""Host, Origin and Sec-Fetch-Site: which requests a listener takes for its own, over real sockets and as a rule."""

from __future__ import annotations

import pytest
from http_site import LOOPS, head_and_body, running

from lictor_actors.hosts.doors.http.sites import KNOWN_MOST, Sites

LOCAL = [
    "localhost",
    "LocalHost:8500",
    "localhost.",
    "127.0.0.1",
    "127.0.0.1:8500",
    "127.9.8.7:1",
    "[::1]",
    "[::1]:8500",
]
LOCAL += ["[::ffff:127.0.0.1]:8500", "", "x", "consul:8500", "Consul", "consul.", "my_host-2:80", "xn--bcher-kva"]
ELSEWHERE = [
    "evil.example",
    "evil.example:8500",
    "10.0.0.5:8500",
    "[2001:db8::1]:8500",
    "0.0.0.0:8500",
    "localhost.evil.example",
]
ELSEWHERE += [
    "127.0.0.1.evil.example",
    "127.1",
    "2130706433",
    "[::]",
    "x@localhost",
    "localhost,evil",
    "\xff",
    "consul.example.",
    "-x",
    "x-",
    "x" * 64,
    "0x7f000001",
    "x y",
    "[x]",
    "::1",
]
OWN_PAGES = [
    {"origin": b"http://127.0.0.1:8500"},
    {"origin": b"HTTP://127.0.0.1:8500"},
    {"origin": b"http://127.0.0.1:8500", "fetch_site": b"same-origin"},
    {"fetch_site": b"same-origin"},
    {"fetch_site": b"none"},
    {"origin": b"http://127.0.0.1:8500", "fetch_site": b"same-site"},
]
FOREIGN_PAGES = [
    {"origin": b"https://evil.example"},
    {"origin": b"null"},
    {"origin": b""},
    {"origin": b"127.0.0.1:8500"},
    {"origin": b"http://127.0.0.1"},
    {"origin": b"http://127.0.0.1:3000"},
    {"origin": b"http://localhost:8500"},
    {"origin": b"chrome-extension://abcdef"},
    {"origin": b"http://127.0.0.1:8500, http://evil.example"},
    {"fetch_site": b"cross-site"},
    {"fetch_site": b"same-site"},
    {"origin": b"http://127.0.0.1:3000", "fetch_site": b"same-site"},
    {"origin": b"http://127.0.0.1:8500", "fetch_site": b"cross-site"},
]


def said(sites, host=b"127.0.0.1:8500", origin=None, fetch_site=None):
    return sites.objection(host, origin, fetch_site)


@pytest.mark.parametrize("host", LOCAL)
def test_a_local_listener_is_asked_by_local_names(host):
    assert said(Sites(local=True), host.encode("latin-1")) == ""


@pytest.mark.parametrize("host", ELSEWHERE)
def test_any_other_name_is_refused_there_with_the_remedy(host):
    why = said(Sites(local=True), host.encode("latin-1"))
    assert why.startswith("403 Forbidden")
    assert "-http-allowed-host" in why
    assert '"allowed_hosts"' in why


@pytest.mark.parametrize("host", [*LOCAL, *ELSEWHERE])
def test_every_other_listener_takes_any_name(host):
    assert said(Sites(local=False), host.encode("latin-1")) == ""


@pytest.mark.parametrize("local", [True, False])
def test_names_that_are_allowed_are_taken_and_then_no_others(local):
    sites = Sites(["Consul.Example", "proxy:9000"], local=local)
    assert said(sites, b"consul.example:1234") == said(sites, b"proxy:9000") == said(sites, b"localhost:1") == ""
    assert "consul.evil" in said(sites, b"consul.evil:8500")
    assert "allowed" in said(sites, b"proxy:9001")
    assert bool(said(sites, b"10.0.0.5:8500")) is local  # an address cannot be pointed elsewhere


@pytest.mark.parametrize("host", ["x", "consul:8500", "consul."])
def test_a_list_takes_the_place_of_names_without_a_dot(host):
    assert "allowed_hosts" in said(Sites(["other"], local=True), host.encode())


def test_a_star_allows_every_name_but_no_foreign_page():
    sites = Sites(["*"], local=True)
    assert said(sites, b"evil.example") == ""
    assert said(sites, b"a.example", origin=b"http://b.example") != ""


@pytest.mark.parametrize("headers", OWN_PAGES)
@pytest.mark.parametrize("local", [True, False])
def test_pages_of_the_host_itself_may_ask(headers, local):
    assert said(Sites(local=local), **headers) == ""


@pytest.mark.parametrize("headers", FOREIGN_PAGES)
@pytest.mark.parametrize("local", [True, False])
def test_pages_of_other_hosts_may_not(headers, local):
    why = said(Sites(local=local), **headers)
    assert why.startswith("403 Forbidden: a page of another site")


def test_default_ports_may_be_left_out():
    sites = Sites(local=False)
    assert said(sites, b"consul:80", origin=b"http://consul") == said(sites, b"c:443", origin=b"https://c") == ""
    assert said(sites, b"consul:443", origin=b"http://consul") != ""


def test_pages_behind_a_proxy_that_changes_host_are_named():
    sites = Sites(["consul.example"], local=True)
    assert said(sites, origin=b"https://consul.example", fetch_site=b"same-origin") == ""
    assert said(sites, origin=b"https://other.example") != ""


def test_what_is_remembered_of_names_is_bounded():
    sites = Sites(local=False)
    for number in range(1000):
        assert said(sites, b"host-%d" % number) == ""
    assert len(sites.known) <= KNOWN_MOST


# -- over sockets ----------------------------------------------------------------


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def site(request):
    """Runs a coroutine function with a site on 127.0.0.1, or on another address."""
    return lambda test, **options: running(request.param, **{"allowed_hosts": (), **options})(test)


def request(*headers: bytes, method: bytes = b"GET", version: bytes = b"1.1", target: bytes = b"/v1/kv/a") -> bytes:
    lines = (b"%b %b HTTP/%b" % (method, target, version), *headers, b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"POST", b"DELETE", b"HEAD", b"OPTIONS"])
@pytest.mark.parametrize(
    "headers",
    [
        [b"Host: evil.example:8500"],
        [b"Host: localhost", b"Origin: http://evil.example"],
        [b"Host: localhost", b"Sec-Fetch-Site: cross-site"],
        [b"Host: localhost", b"Origin: null", b"Sec-Fetch-Site: same-origin"],
        [b"Host: localhost", b"Origin: http://localhost", b"Origin: http://evil.example"],
        [b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Site: none", b"Host: localhost"],
    ],
)
def test_requests_of_other_sites_are_403_whatever_they_ask(site, headers, method):
    async def test(s):
        head, body = head_and_body(await s.talk(request(*headers, method=method)))
        assert head.startswith(b"HTTP/1.1 403 Forbidden")
        assert b"text/plain" in head
        assert body
        assert not s.asked

    site(test)


@pytest.mark.parametrize("headers", [[b"Host: localhost"], [b"Host: 127.0.0.1:1"], [b"Host: [::1]:8500"], [b"Host:"]])
def test_programs_on_this_machine_are_served(site, headers):
    async def test(s):
        assert (await s.talk(request(*headers))).startswith(b"HTTP/1.1 200 ")

    site(test)


def test_http_1_0_needs_no_host(site):
    async def test(s):
        assert (await s.talk(request(version=b"1.0"))).startswith(b"HTTP/1.1 200 ")
        assert (await s.talk(request(b"Origin: http://evil.example", version=b"1.0"))).startswith(b"HTTP/1.1 403 ")

    site(test)


def test_a_target_that_names_its_host_goes_before_host(site):
    async def test(s):
        foreign = request(b"Host: localhost", target=b"http://evil.example/v1/kv/a")
        assert (await s.talk(foreign)).startswith(b"HTTP/1.1 403 ")
        own = request(b"Host: evil.example", target=b"http://localhost:8500/v1/kv/a?http://evil.example")
        assert (await s.talk(own)).startswith(b"HTTP/1.1 200 ")

    site(test)


def test_a_listener_for_others_is_asked_under_any_name(site):
    async def test(s):
        assert (await s.talk(request(b"Host: consul:8500"))).startswith(b"HTTP/1.1 200 ")
        foreign = request(b"Host: consul:8500", b"Origin: http://evil.example")
        assert (await s.talk(foreign)).startswith(b"HTTP/1.1 403 ")

    site(test, host="0.0.0.0")


def test_what_one_listener_has_let_in_another_judges_itself(site):
    """Bytes that come again are not parsed again, but a rule of their own holds wherever they come."""

    async def test(s):
        asked = b"GET /v1/kv/a HTTP/1.1\r\nHost: consul.example:8500\r\n\r\n"
        reader, writer = await s.dial()
        writer.write(asked)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()
        s.port = await s.door.listen("127.0.0.1", 0)
        assert (await s.talk(asked)).startswith(b"HTTP/1.1 403 ")

    site(test, host="0.0.0.0")
