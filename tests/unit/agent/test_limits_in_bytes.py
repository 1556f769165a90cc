"""Limits are counted in bytes of UTF-8, as Consul counts them, though its refusals call them characters."""

from __future__ import annotations

import pytest

from lictor_actors.checks.rules import service_refused
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import AgentOptions, CheckSpec, ListLocalChecks, RegisterCheck, RegisterService, UpdateCheck
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import ServiceRecord
from lictor_messages.cut import cut, size
from lictor_messages.host import Recovered

SECOND = 1_000_000_000
POO = "\N{PILE OF POO}"


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("v" * 512, True),
        ("v" * 513, False),
        ("ü" * 256, True),
        ("ü" * 257, False),
        ("ü" * 400, False),
        ("v" + "ü" * 256, False),
        ("€" * 170, True),
        ("€" * 171, False),
        (POO * 128, True),
        (POO * 129, False),
        ("e\N{COMBINING ACUTE ACCENT}" * 170, True),
        ("e\N{COMBINING ACUTE ACCENT}" * 171, False),
        ("日本語" * 57, False),
    ],
)
def test_a_value_of_meta_has_512_bytes(value: str, taken: bool) -> None:
    service = ServiceRecord(node="", id="m", service="m", meta=FrozenMap({"k": value}))
    refused = service_refused(RegisterService(service=service))
    if taken:
        assert refused is None
    else:
        assert refused is not None
        assert refused.text.endswith("Value is too long (limit: 512 characters)")


@pytest.mark.parametrize("most", [1, 4, 10, 4096])
@pytest.mark.parametrize("letter", ["a", "é", "€", POO])
@pytest.mark.parametrize("letters", [0, 1, 5000])
def test_an_output_is_cut_by_bytes(bench, most: int, letter: str, letters: int) -> None:
    b = bench(Agent(AgentOptions(node="n1.dc1", name="n1", dc="dc1", address="10.0.0.1")), "agent@n1.dc1")
    b.start()
    b.host(Recovered(records=(), done=True))
    b.ask(RegisterCheck(check=CheckSpec(name="t", ttl_ns=SECOND, output_max_size=most)))
    said = letter * letters
    b.ask(UpdateCheck(id="t", status="passing", output=said))
    (answer,) = b.replies(b.ask(ListLocalChecks()))
    output, total = answer.checks[0].output, len(said.encode())
    if total <= most:
        assert output == said
    else:
        kept, told, counted = output.partition(" ... ")
        assert most - len(letter.encode()) < len(kept.encode()) <= most
        assert said.startswith(kept)
        assert told + counted == f" ... (captured {most} of {total} bytes)"


@pytest.mark.parametrize("text", ["", "abc", "é€", POO, "a\N{PILE OF POO}b"])
@pytest.mark.parametrize("most", range(8))
def test_a_text_is_cut_between_characters(text: str, most: int) -> None:
    kept = cut(text, most)
    assert size(kept) <= most
    assert text.startswith(kept)
    assert kept == text or size(text[: len(kept) + 1]) > most
