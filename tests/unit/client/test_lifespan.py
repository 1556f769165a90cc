"""An ASGI application's lifespan, against an agent with a script."""

from __future__ import annotations

import pytest
from scripted_http import ScriptedHttp, reply

import lictor

REGISTER, DEREGISTER = "PUT /v1/agent/service/register", "PUT /v1/agent/service/deregister/web"


async def test_the_service_is_registered_from_startup_to_shutdown() -> None:
    async with ScriptedHttp(reply(), reply()).serving() as agent:
        async with lictor.lifespan("web", url=agent.url, port=8000)(None) as state:
            assert isinstance(state["lictor"], lictor.AsyncClient)
            assert agent.lines == [REGISTER]
            assert '"Port":8000' in agent.requests[0]
        assert agent.lines == [REGISTER, DEREGISTER]


@pytest.mark.parametrize(
    ("said", "asked"),
    [(reply("Permission denied", 403), [REGISTER]), (reply("no answer in time", 500), [REGISTER, DEREGISTER])],
)
async def test_a_failed_startup_takes_back_what_may_have_happened(said: bytes, asked: list[str]) -> None:
    async with ScriptedHttp(said, reply()).serving() as agent:
        with pytest.raises(lictor.Refused):
            async with lictor.lifespan("web", url=agent.url)(None):
                pass
        assert agent.lines == asked
