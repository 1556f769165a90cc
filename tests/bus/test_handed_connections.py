"""A connection that we accepted belongs to nng once it has taken it, and to us until then."""

from __future__ import annotations

import asyncio
from typing import Any

import pynng
import pytest

from lictor_actors.bus import handed
from lictor_actors.bus.handed import Handed
from lictor_actors.bus.sp import endpoint_of


async def dialled(url: str) -> bytes:
    """What the other side says first to one who dials, "" if it hangs up."""
    place = endpoint_of(url)
    reader, writer = await asyncio.open_connection(place.host, place.port)
    said = await reader.read(8)
    writer.close()
    return said


@pytest.fixture
async def taker() -> Any:
    made = pynng.Pull0()
    yield Handed(made, endpoint_of("tcp://127.0.0.1:0"), asyncio.get_running_loop())
    made.close()


async def test_nng_speaks_on_a_connection_that_it_has_taken(taker: Handed) -> None:
    try:
        assert (await dialled(f"tcp://{taker.local_address}")).startswith(b"\0SP\0")
    finally:
        taker.close()


async def test_one_that_nng_refuses_is_closed_and_told_of(
    taker: Handed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        nng_strerror = staticmethod(handed.lib.nng_strerror)

        @staticmethod
        def nng_listener_set_int(*_: Any) -> int:
            return int(pynng.lib.NNG_ENOSPC)

    monkeypatch.setattr(handed, "lib", Full)
    try:
        assert await dialled(f"tcp://{taker.local_address}") == b""
    finally:
        taker.close()
    assert "bus: nng takes no connection: Out of" in caplog.text
