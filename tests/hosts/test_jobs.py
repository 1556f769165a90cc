"""Job executors against real local servers: what they send, what they make of answers, and that nothing leaks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from raw_peer import result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.base import Message
from lictor_messages.jobs import HttpProbed, JobFailed, ProbeHttp, ProbeTcp, TcpProbed

SECOND = 1_000_000_000
LATE = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[str]:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def probe(url: str, **fields: object) -> ProbeHttp:
    return ProbeHttp.model_validate({"ticket": "t", "url": url, "timeout_ns": 5 * SECOND, **fields})


async def test_an_http_probe_tells_status_reason_and_body(jobs: Jobs) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=503, text="no disk left")

    async with serving(handler) as url:
        result = await result_of(jobs, probe(f"{url}/health"))
    assert result == HttpProbed(ticket="t", status=503, status_text="503 Service Unavailable", text="no disk left")


async def test_it_introduces_itself_as_consul_does_and_keeps_nothing_open(jobs: Jobs) -> None:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(text=await request.text())

    async with serving(handler) as url:
        header = (("X-Twice", ("a", "b")), ("Host", ("web.example",)))
        result = await result_of(jobs, probe(f"{url}/x", method="PUT", header=header, body="hello"))
    (request,) = seen
    assert isinstance(result, HttpProbed)
    assert result.text == "hello"
    assert request.method == "PUT"
    assert request.headers["User-Agent"] == "Consul Health Check"
    assert request.headers["Accept"] == "text/plain, text/*, */*"
    assert request.headers.getall("X-Twice") == ["a", "b"]
    assert request.headers.getall("Host") == ["web.example"]
    assert not request.keep_alive


async def test_a_header_of_the_check_replaces_ours(jobs: Jobs) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["User-Agent"])

    async with serving(handler) as url:
        result = await result_of(jobs, probe(url, header=(("user-agent", ("mine",)),)))
    assert isinstance(result, HttpProbed)
    assert result.text == "mine"


@pytest.mark.parametrize(("follow", "status"), [(True, 200), (False, 302)])
async def test_redirects_are_followed_unless_the_check_says_no(jobs: Jobs, follow: bool, status: int) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/old":
            raise web.HTTPFound("/new")
        return web.Response(text="here")

    async with serving(handler) as url:
        result = await result_of(jobs, probe(f"{url}/old", follow_redirects=follow))
    assert isinstance(result, HttpProbed)
    assert result.status == status


async def test_a_circle_of_redirects_ends(jobs: Jobs) -> None:
    async def handler(_: web.Request) -> web.Response:
        raise web.HTTPFound("/again")

    async with serving(handler) as url:
        result = await result_of(jobs, probe(url))
    assert isinstance(result, HttpProbed)
    assert result.status == 0
    assert result.text == 'Get "/again": stopped after 10 redirects'


async def test_silence_becomes_a_reason_when_the_time_is_up(jobs: Jobs) -> None:
    never = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(handler) as url:
        result = await result_of(jobs, probe(url, timeout_ns=SECOND // 20))
        never.set()
    assert result == HttpProbed(ticket="t", status=0, text=f'Get "{url}": {LATE}')


async def test_an_endless_body_is_cut(jobs: Jobs) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 1000)
        return response

    async with serving(handler) as url:
        result = await result_of(jobs, probe(url, output_max_size=1500))
    assert isinstance(result, HttpProbed)
    assert result.text == "x" * 1500


async def test_a_refused_connection_is_said_in_words(jobs: Jobs) -> None:
    async with listening() as address:
        pass
    refused = f"dial tcp {address}: connect: connection refused"
    http = await result_of(jobs, probe(f"http://{address}/"))
    tcp = await result_of(jobs, ProbeTcp(ticket="t", address=address, timeout_ns=SECOND))
    assert http == HttpProbed(ticket="t", status=0, text=f'Get "http://{address}/": {refused}')
    assert tcp == TcpProbed(ticket="t", error=refused)


async def test_a_tcp_probe_connects_and_hangs_up(jobs: Jobs) -> None:
    async with listening() as address:
        result = await result_of(jobs, ProbeTcp(ticket="t", address=address, timeout_ns=SECOND))
    assert result == TcpProbed(ticket="t")


async def test_nonsense_gets_an_answer_too(jobs: Jobs) -> None:
    tcp = await result_of(jobs, ProbeTcp(ticket="t", address="no-port", timeout_ns=SECOND))
    http = await result_of(jobs, probe("gopher://x/"))
    other = await result_of(jobs, TcpProbed(ticket="t"))
    assert tcp == TcpProbed(ticket="t", error="dial tcp: address no-port: missing port in address")
    assert isinstance(http, HttpProbed)
    assert (http.status, "gopher" in http.text) == (0, True)
    assert other == JobFailed(ticket="t", error="no executor for jobs.tcp_probed")


async def test_only_so_many_run_at_once() -> None:
    at_once, most = 0, 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return web.Response()

    jobs = Jobs(at_once=3)
    async with serving(handler) as url:
        results = await asyncio.gather(*(result_of(jobs, probe(url)) for _ in range(20)))
        await jobs.close()
    assert [r.status for r in results if isinstance(r, HttpProbed)] == [200] * 20
    assert 1 <= most <= 3


async def test_closing_gives_up_silently_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    arrived, over = asyncio.Event(), asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        arrived.set()
        await over.wait()
        return web.Response()

    async with serving(handler) as url:
        jobs, results = Jobs(), list[Message]()
        jobs.run(probe(url), results.append)
        await arrived.wait()
        await jobs.close()
        jobs.run(probe(url), results.append)
        over.set()
    assert results == []
    assert asyncio.all_tasks() == before
