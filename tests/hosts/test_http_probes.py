"""An HTTP check against peers of every kind: the status line decides, and a failure names its cause in Go's words."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest
from raw_peer import RawPeer, Step, Then, result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.jobs import HttpProbed, ProbeHttp

SECOND = 1_000_000_000
SHORT = SECOND // 5
"""The time of a probe that has to wait for its end."""
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ZIPPED = gzip.compress(b"squeezed")
ENCODED = b"Content-Encoding: gzip\r\n\r\n"


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


def probe(url: str, **fields: object) -> ProbeHttp:
    return ProbeHttp.model_validate({"ticket": "t", "url": url, "timeout_ns": 5 * SECOND, **fields})


ANSWERED: dict[str, tuple[tuple[Step, ...], int, str]] = {
    "short": ((OK + b"Content-Length: 100\r\n\r\nabc",), 200, "abc"),
    "stalls in its body": ((OK + b"Content-Length: 100\r\n\r\nabc", Then.STALL), 200, "abc"),
    "stalls before its body": ((OK + b"Content-Length: 100\r\n\r\n", Then.STALL), 200, ""),
    "streams": ((OK + b"Content-Type: text/event-stream\r\n\r\ndata: 1\n\n", Then.STALL), 200, "data: 1\n\n"),
    "endless": ((OK + b"\r\n", b"x" * 1000, Then.REPEAT), 200, "x" * 4096),
    "endless chunks": ((CHUNKED, b"3\r\nabc\r\n", Then.REPEAT), 200, ("abc" * 1366)[:4096]),
    "reset in its body": ((OK + b"Content-Length: 9\r\n\r\n", Then.RESET), 200, ""),
    "bad chunk": ((CHUNKED + b"zz\r\n",), 200, ""),
    "negative chunk": ((CHUNKED + b"-1\r\n",), 200, ""),
    "bad second chunk": ((CHUNKED + b"2\r\nab\r\nnope\r\n",), 200, "ab"),
    "chunk without an end": ((CHUNKED + b"5\r\nab",), 200, "ab"),
    "chunk with an extension": ((CHUNKED + b"2;x=y\r\nab\r\n0\r\n\r\n",), 200, "ab"),
    "huge chunk size": ((CHUNKED + b"f" * 17 + b"\r\nab",), 200, ""),
    "gzip that is none": ((OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",), 200, ""),
    "gzip": ((OK + b"Content-Encoding: gzip\r\n\r\n" + ZIPPED,), 200, "squeezed"),
    "half a gzip": ((OK + b"Content-Encoding: gzip\r\n\r\n" + ZIPPED[:-9],), 200, "squeezed"),
    "gzip with a wrong checksum": ((OK + ENCODED + ZIPPED[:-8] + bytes(8),), 200, "squeezed"),
    "gzip of two members": ((OK + ENCODED + ZIPPED + ZIPPED,), 200, "squeezed" * 2),
    "gzip of two members in pieces": ((OK + ENCODED, *(bytes([b]) for b in ZIPPED + ZIPPED)), 200, "squeezed" * 2),
    "gzip with junk behind": ((OK + ENCODED + ZIPPED + b"junk",), 200, "squeezed"),
    "gzip with half a member behind": ((OK + ENCODED + ZIPPED + ZIPPED[:-9],), 200, "squeezed" * 2),
    "gzip whose second member is damaged": ((OK + ENCODED + ZIPPED + ZIPPED[:-8] + bytes(8),), 200, "squeezed" * 2),
    "gzip in capitals": ((OK + b"Content-Encoding: GZIP\r\n\r\n" + ZIPPED,), 200, "squeezed"),
    "gzip of nothing": ((OK + b"Content-Length: 0\r\n" + ENCODED,), 200, ""),
    "brotli": ((OK + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\nok",), 200, "ok"),
    "deflate that is none": ((OK + b"Content-Encoding: deflate\r\n\r\nok",), 200, "ok"),
    "unknown encoding": ((OK + b"Content-Encoding: zstd, rot13\r\n\r\nok",), 200, "ok"),
    "no length": ((OK + b"\r\nall of it",), 200, "all of it"),
    "no reason": ((b"HTTP/1.1 200\r\n\r\nok",), 200, "ok"),
    "odd reason": ((b"HTTP/1.1 200 \xfcber \xe2\x9c\x93\r\n\r\nok",), 200, "ok"),
    "HTTP/1.0": ((b"HTTP/1.0 200 OK\r\n\r\nok",), 200, "ok"),
    "bare line feeds": ((b"HTTP/1.1 200 OK\nX: y\n\nok",), 200, "ok"),
    "invalid bytes in a header": ((OK + b"X: \xff\xfe\r\n\r\nok",), 200, "ok"),
    "header name with a space": ((OK + b"X Y: z\r\n\r\nok",), 200, "ok"),
    "folded header": ((OK + b"X: y\r\n  z\r\n\r\nok",), 200, "ok"),
    "duplicate headers": ((OK + b"X: 1\r\nX: 2\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",), 200, "ok"),
    "both lengths": ((OK + b"Content-Length: 1\r\n" + CHUNKED[len(OK) :] + b"2\r\nok\r\n0\r\n\r\n",), 200, "ok"),
    "huge header": ((OK + b"X: " + b"y" * 300_000 + b"\r\n\r\nok",), 200, "ok"),
    "ten thousand headers": ((OK + b"X: y\r\n" * 10_000 + b"\r\nok",), 200, "ok"),
    "continue before it": ((b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\nok",), 200, "ok"),
    "early hints before it": ((b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", OK + b"\r\nok"), 200, "ok"),
    "no content with content": ((b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",), 204, ""),
    "bad gateway, short": ((b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nbad",), 502, "bad"),
    "status of zeros": ((b"HTTP/1.1 000 Odd\r\n\r\nok",), 0, "ok"),
    "status beyond 599": ((b"HTTP/1.1 999 Odd\r\n\r\nok",), 999, "ok"),
    "bytes that are no text": ((OK + b"\r\n\xff" * 1,), 200, "\N{REPLACEMENT CHARACTER}"),
    "a redirect without a place": ((b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",), 302, ""),
    "head and body a byte at a time": (
        tuple(bytes([b]) for b in OK + b"Content-Length: 2\r\n\r\nok"), 200, "ok",
    ),
}  # fmt: skip
WAITS = {"stalls in its body", "stalls before its body", "streams"}


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.slow
async def test_the_status_line_decides_and_not_the_rest(jobs: Jobs, name: str) -> None:
    steps, status, text = ANSWERED[name]
    async with RawPeer({"/": steps}).listening() as peer:
        within = SHORT if name in WAITS else 5 * SECOND
        result = await result_of(jobs, probe(f"http://127.0.0.1:{peer.port}/", timeout_ns=within))
    assert isinstance(result, HttpProbed)
    assert (result.status, result.text) == (status, text)


BROKEN: dict[str, tuple[tuple[Step, ...], str]] = {
    "hangs up at once": ((), "EOF"),
    "resets at once": ((Then.RESET,), "connection reset by peer"),
    "hangs up in the status line": ((b"HTTP/1.1 20",), 'malformed HTTP status code "20"'),
    "hangs up in the headers": ((OK + b"X: y\r\n",), "unexpected EOF"),
    "resets in the headers": ((OK, Then.RESET), "connection reset by peer"),
    "is silent": ((Then.STALL,), "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
    "stalls in the headers": (
        (OK, Then.STALL), "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ),
    "speaks SSH": ((b"SSH-2.0-x\r\n",), 'malformed HTTP response "SSH-2.0-x"'),
    "speaks SSH with words": ((b"SSH-2.0-x is here\r\n",), 'malformed HTTP status code "is"'),
    "speaks another protocol": ((b"ICY 200 OK\r\n\r\n",), 'malformed HTTP version "ICY"'),
    "no number for a status": ((b"HTTP/1.1 OK 200\r\n\r\n",), 'malformed HTTP status code "OK"'),
    "four figures for a status": ((b"HTTP/1.1 2000 OK\r\n\r\n",), 'malformed HTTP status code "2000"'),
    "no header": ((OK + b"junk\r\n\r\n",), 'malformed MIME header: missing colon: "junk"'),
    "no number for a length": ((OK + b"Content-Length: x\r\n\r\n",), 'bad Content-Length "x"'),
    "unlike lengths": (
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nok",), "multiple Content-Length headers",
    ),
    "endless headers": ((OK, b"X: " + b"y" * 60_000 + b"\r\n", Then.REPEAT), "server response headers exceeded"),
    "interim answers without end": (
        (b"HTTP/1.1 102 Processing\r\nX: " + b"y" * 60_000 + b"\r\n\r\n", Then.REPEAT), "headers exceeded",
    ),
    "circle of redirects": ((b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",), "stopped after 10 redirects"),
    "redirect to another scheme": (
        (b"HTTP/1.1 301 Moved\r\nLocation: gopher://x/\r\n\r\n",), 'unsupported protocol scheme "gopher"',
    ),
    "redirect to nonsense": ((b"HTTP/1.1 301 Moved\r\nLocation: http://a:b/\r\n\r\n",), 'invalid port ":b" after host'),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
async def test_without_a_status_the_cause_is_named(jobs: Jobs, name: str) -> None:
    steps, cause = BROKEN[name]
    async with RawPeer({"/": steps}).listening() as peer:
        within = SHORT if Then.STALL in steps else 5 * SECOND
        result = await result_of(jobs, probe(f"http://127.0.0.1:{peer.port}/", timeout_ns=within))
    assert isinstance(result, HttpProbed)
    assert result.status == 0
    assert result.text.startswith('Get "')
    assert cause in result.text


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1:1/", 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused'),
        ("http://127.0.0.1:1", 'Get "http://127.0.0.1:1": dial tcp 127.0.0.1:1: connect: connection refused'),
        ("http://[127.0.0.1]:1/x", 'Get "http://[127.0.0.1]:1/x": dial tcp 127.0.0.1:1: connect: connection refused'),
        ("HTTP://127.0.0.1:1/", 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused'),
        ("http://127.0.0.1:99999/", 'Get "http://127.0.0.1:99999/": dial tcp: address 99999: invalid port'),
        ("http://127.0.0.1:x/", 'parse "http://127.0.0.1:x/": invalid port ":x" after host'),
        ("http://127.0.0.1:-1/", 'parse "http://127.0.0.1:-1/": invalid port ":-1" after host'),
        ("http://[::1/", "parse \"http://[::1/\": missing ']' in host"),
        ("http://[::1]x/", 'parse "http://[::1]x/": invalid port "x" after host'),
        ("ftp://127.0.0.1/", 'Get "ftp://127.0.0.1/": unsupported protocol scheme "ftp"'),
        ("localhost:80/ok", 'Get "localhost:80/ok": unsupported protocol scheme "localhost"'),
        ("127.0.0.1:80/ok", 'parse "127.0.0.1:80/ok": first path segment in URL cannot contain colon'),
        ("/only/a/path", 'Get "/only/a/path": unsupported protocol scheme ""'),
        ("//127.0.0.1/x", 'Get "//127.0.0.1/x": unsupported protocol scheme ""'),
        ("://x", 'parse "://x": missing protocol scheme'),
        ("http:///x", 'Get "http:///x": http: no Host in request URL'),
        ("http://", 'Get "http:": http: no Host in request URL'),
        ("http://a b/", 'parse "http://a b/": invalid character " " in host name'),
        ("http://127.0.0.1/\n", 'parse "http://127.0.0.1/\\n": net/url: invalid control character in URL'),
        ("http://127.0.0.1:1/%zz", 'parse "http://127.0.0.1:1/%zz": invalid URL escape "%zz"'),
        ("http://me:word@127.0.0.1:1/", 'Get "http://me:***@127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection'),
        (f"http://{'a' * 70}.test/", f'Get "http://{"a" * 70}.test/": dial tcp: lookup {"a" * 70}.test: no such host'),
        ("http://nohost.invalid/", 'Get "http://nohost.invalid/": dial tcp: lookup nohost.invalid: '),
    ],
)
async def test_an_address_that_leads_nowhere_says_why(jobs: Jobs, url: str, text: str) -> None:
    result = await result_of(jobs, probe(url))
    assert isinstance(result, HttpProbed)
    assert result.status == 0
    assert result.text.startswith(text)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"method": "A B"}, 'net/http: invalid method "A B"'),
        ({"header": (("A B", ("c",)),)}, 'net/http: invalid header field name "A B"'),
        ({"header": (("A", ("b\r\nHost: evil",)),)}, 'net/http: invalid header field value for "A"'),
        ({"header": (("Host", ("a\r\nb",)),)}, 'net/http: invalid header field value for "Host"'),
    ],
)
async def test_what_no_request_may_hold_is_refused(jobs: Jobs, fields: dict[str, object], text: str) -> None:
    async with RawPeer({"/": (OK + b"\r\n",)}).listening() as peer:
        result = await result_of(jobs, probe(f"http://127.0.0.1:{peer.port}/", **fields))
    assert isinstance(result, HttpProbed)
    assert (result.status, peer.heard) == (0, [])
    assert text in result.text


@pytest.mark.parametrize("host", ["127.0.0.1", "[127.0.0.1]", "localhost", "me:word@127.0.0.1", "LOCALHOST"])
async def test_a_host_is_found_however_it_is_written(jobs: Jobs, host: str) -> None:
    async with RawPeer({"/": (OK + b"\r\nok",)}).listening() as peer:
        result = await result_of(jobs, probe(f"http://{host}:{peer.port}"))
    assert result == HttpProbed(ticket="t", status=200, status_text="200 OK", text="ok")
    assert f"\r\nHost: {host.rpartition('@')[2]}:{peer.port}\r\n".encode() in peer.heard[0]
    assert (b"\r\nAuthorization: Basic bWU6d29yZA==\r\n" in peer.heard[0]) == ("@" in host)


async def test_ipv6(jobs: Jobs) -> None:
    async with RawPeer({"/x?a=b%20c": (OK + b"\r\nok",)}).listening("::1") as peer:
        result = await result_of(jobs, probe(f"http://[::1]:{peer.port}/x?a=b%20c#part"))
    assert result == HttpProbed(ticket="t", status=200, status_text="200 OK", text="ok")
    refused = await result_of(jobs, probe("http://[::1]:1/"))
    assert isinstance(refused, HttpProbed)
    assert refused.text == 'Get "http://[::1]:1/": dial tcp [::1]:1: connect: connection refused'


@pytest.mark.parametrize(
    ("status", "method", "line"),
    [
        (301, "GET", b"GET /a/new HTTP/1.1"),
        (302, "POST", b"GET /a/new HTTP/1.1"),
        (303, "PUT", b"GET /a/new HTTP/1.1"),
        (303, "HEAD", b"HEAD /a/new HTTP/1.1"),
        (307, "PUT", b"PUT /a/new HTTP/1.1"),
        (308, "POST", b"POST /a/new HTTP/1.1"),
    ],
)
async def test_a_redirect_is_followed_with_the_method_that_it_asks_for(
    jobs: Jobs, status: int, method: str, line: bytes
) -> None:
    moved = b"HTTP/1.1 %d Moved\r\nLocation: new\r\n\r\n" % status
    async with RawPeer({"/a/old": (moved,), "/a/new": (OK + b"\r\nok",)}).listening() as peer:
        result = await result_of(jobs, probe(f"http://127.0.0.1:{peer.port}/a/old", method=method))
    assert isinstance(result, HttpProbed)
    assert (result.status, result.text) == (200, "" if method == "HEAD" else "ok")
    assert peer.heard[1].startswith(line)


async def test_a_password_does_not_follow_a_redirect_to_another_host(jobs: Jobs) -> None:
    async with RawPeer({"/": (OK + b"\r\nok",)}).listening() as there:
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{there.port}/\r\n\r\n".encode()
        async with RawPeer({"/": (moved,)}).listening() as here:
            header = (("Authorization", ("secret",)), ("X-Own", ("kept",)), ("Host", ("web.example",)))
            result = await result_of(jobs, probe(f"http://127.0.0.1:{here.port}/", header=header))
    assert result == HttpProbed(ticket="t", status=200, status_text="200 OK", text="ok")
    assert b"secret" in here.heard[0]
    assert b"\r\nHost: web.example\r\n" in here.heard[0]
    assert b"secret" not in there.heard[0]
    assert b"\r\nX-Own: kept\r\n" in there.heard[0]
    assert b"\r\nHost: localhost:" in there.heard[0]


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 100])
@pytest.mark.parametrize("body", ["é" * 50, "a€b" * 20, "\N{PILE OF POO}" * 20])
async def test_the_output_is_cut_by_bytes_between_characters(jobs: Jobs, most: int, body: str) -> None:
    async with RawPeer({"/": (OK + b"\r\n" + body.encode(),)}).listening() as peer:
        result = await result_of(jobs, probe(f"http://127.0.0.1:{peer.port}/", output_max_size=most))
    assert isinstance(result, HttpProbed)
    assert min(most, len(body.encode())) - 4 < len(result.text.encode()) <= most
    assert body.startswith(result.text)
