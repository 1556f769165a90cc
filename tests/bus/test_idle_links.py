"""A link that carries nothing is let go, and dialled again when there is mail."""

from __future__ import annotations

import pytest


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("lictor_actors.bus.nng.IDLE_S", 0.05)


async def test_an_idle_link_is_let_go_and_dialled_again(impatient, stage):
    if not stage.over_nng:
        pytest.skip("memory has no links")
    a, b = stage.station(), stage.station()
    a.bus.post(b.url, stage.put("first"))
    a.bus.flush()
    await b.until(lambda: len(b.delivered) == 1)
    await a.until(lambda: a.counters["idle_links_let_go"] == 1)
    assert not a.bus._outboxes
    a.bus.post(b.url, stage.put("again"))
    a.bus.flush()
    await b.until(lambda: [e.body.key for e in b.delivered] == ["first", "again"])
    assert not a.returned


@pytest.mark.slow
async def test_a_link_with_mail_that_waits_is_not_idle(impatient, stage):
    if not stage.over_nng:
        pytest.skip("memory has no links")
    a, b = stage.station(), stage.station(listening=False)
    a.bus.post(b.url, stage.put("waits", request="r"))
    a.bus.flush()
    await a.until(lambda: bool(a.returned))  # after its own time, and not because the link was let go
    assert [reason for _, reason in a.returned] == ["no_pipe"]


async def test_what_was_said_is_counted(stage):
    if not stage.over_nng:
        pytest.skip("memory has no links")
    a, b = stage.station(), stage.station()
    for key in ("one", "two"):
        a.bus.post(b.url, stage.put(key))
    a.bus.flush()
    await b.until(lambda: len(b.delivered) == 2)
    assert (a.bus.traffic.messages, a.bus.traffic.frames) == (2, 1)
    assert a.bus.traffic.bytes > 0
    assert b.bus.traffic.messages == 0
