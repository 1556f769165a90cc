"""Two FastAPI services: one registers itself as long as it runs, the other finds it and asks it.

You see the front answer with what the greeter said, and answer 503 once the greeter has stopped.
Needs `pip install fastapi uvicorn`.

    lictor dev -servers 3 -agents 2 -exec "python examples/fastapi_pair.py"
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import uvicorn
from fastapi import FastAPI, HTTPException

import lictor

BUS = os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")


def greeter(port: int) -> FastAPI:
    """In the catalog from its startup to its shutdown, and critical while its loop stalls."""
    app = FastAPI(lifespan=lictor.lifespan("greeter", url=BUS, address="127.0.0.1", port=port))
    app.get("/greet/{name}")(lambda name: f"hello {name}")
    return app


def front() -> FastAPI:
    """Finds a healthy greeter with each request, through the agent beside it."""
    app = FastAPI()

    @app.get("/{name}")
    async def welcome(name: str) -> str:
        async with lictor.connect(BUS) as client:
            try:
                where = await client.resolve("greeter")
            except lictor.NoInstances:
                raise HTTPException(503, "there is no healthy greeter") from None
        return (await get(f"http://{where.address}:{where.port}/greet/{name}"))[1]

    return app


async def get(url: str) -> tuple[int, str]:
    def blocking() -> tuple[int, str]:
        try:
            with urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode().strip('"')
        except HTTPError as error:
            return error.code, error.read().decode()

    return await asyncio.to_thread(blocking)


@asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield
    server.should_exit = True
    await running


async def until(status: int, url: str) -> None:
    """Ask until this status is the answer: checks and the catalog take a moment."""
    said = await get(url)
    if said[0] != status:
        await asyncio.sleep(0.05)
        return await until(status, url)
    print(f"{said[0]}: {said[1]}", flush=True)


async def main() -> None:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    greets, asks = (listener.getsockname()[1] for listener in listeners)
    async with serving(front(), listeners[1]), asyncio.timeout(30):
        async with serving(greeter(greets), listeners[0]):
            await until(200, f"http://127.0.0.1:{asks}/ann")
        await until(503, f"http://127.0.0.1:{asks}/ann")


asyncio.run(main())
