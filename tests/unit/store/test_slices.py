"""Large answers in slices: together they are byte for byte what is rendered at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.store import slices
from lictor_actors.store.render import render
from lictor_actors.store.slices import Slices, can_be_cut, exceeds
from lictor_messages.answers import Answer, Query, Written
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    Instance,
    ListNodeChecks,
    ListNodes,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Nodes,
    NodeServices,
    Placement,
    ServiceHealth,
    ServiceNodes,
    ServiceRecord,
    Services,
    ServiceTags,
    TaggedAddress,
)
from lictor_messages.kv import Entries, Entry, KeyNames, ListKeyNames, ListKeys
from lictor_messages.queries import QueryExecuted
from lictor_messages.sessions import ListSessions, SessionRecord, Sessions
from lictor_messages.txn import Result, Transacted


def node(number: int, text: str = "") -> NodeRecord:
    return NodeRecord(node=f"n{number}", address="10.0.0.1", meta={"about": text} if text else {})


def service(number: int, text: str = "") -> ServiceRecord:
    wan = (TaggedAddress(name="wan", address="1.1.1.1", port=1),) if number % 2 else ()
    return ServiceRecord(node="n", id=f"s{number}", service="web", tags=(text,) if text else (), tagged_addresses=wan)


def check(number: int, text: str = "") -> CheckRecord:
    return CheckRecord(node="n", check_id=f"c{number}", name="c", output=text)


def placement(number: int, text: str = "") -> Placement:
    return Placement(node=node(number), service=service(number, text))


def instance(number: int, text: str = "") -> Instance:
    return Instance(node=node(number, text), service=service(number), checks=(check(1, text), check(2)))


def session(number: int, text: str = "") -> SessionRecord:
    return SessionRecord(id=f"{number}", node="n", service_checks=(text,) if text else ())


KINDS: dict[str, tuple[Query, Any, Any]] = {
    "entries": (ListKeys(prefix=""), Entries, lambda n, text: Entry(key=f"k{n}", value=text.encode())),
    "keys": (ListKeyNames(prefix=""), KeyNames, lambda n, text: f"{n}{text}"),
    "instances": (ListServiceHealth(service="web"), ServiceHealth, instance),
    "placements": (ListServiceNodes(service="web"), ServiceNodes, placement),
    "nodes": (ListNodes(), Nodes, node),
    "services": (ListServices(), Services, lambda n, text: ServiceTags(service=f"s{n}", tags=(text, "t"))),
    "checks": (ListNodeChecks(node="n"), Checks, check),
    "sessions": (ListSessions(), Sessions, session),
}
TEXTS = st.lists(st.text(max_size=60), min_size=1, max_size=30)


def made(field: str, texts: list[str]) -> tuple[Query, Answer]:
    query, kind, row = KINDS[field]
    return query, kind(index=5, **{field: tuple(row(number, text) for number, text in enumerate(texts))})


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_BYTES", 1000)


@pytest.mark.parametrize("field", KINDS)
@given(texts=TEXTS, most=st.integers(1, 4000))
def test_slices_in_their_order_are_the_whole(field: str, texts: list[str], most: int) -> None:
    query, answer = made(field, texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "SLICE_BYTES", most)
        cut = Slices(query, answer)
        data, number = b"", 0
        while (piece := cut.slice(number)) is not None:
            data += piece
            assert cut.slice(number) == piece
            number += 1
            if cut.ends_with(number - 1):
                break
    assert can_be_cut(answer)
    assert data == render(query, answer)[0]
    assert number <= len(texts)


def test_a_slice_holds_about_as_much_as_it_should_and_at_least_a_row(small: None) -> None:
    query, answer = made("entries", ["x" * 100] * 20 + ["y" * 5000] * 2 + ["z"])
    cut = Slices(query, answer)
    sizes = []
    while not sizes or not cut.ends_with(len(sizes) - 1):
        sizes.append(len(cut.slice(len(sizes))))
    assert len(sizes) == 7 + 3
    assert max(sizes[:7]) < 1000
    assert [size > 5000 for size in sizes[7:]] == [True, True, False]


def test_slices_are_made_in_order_and_there_are_no_others(small: None) -> None:
    cut = Slices(*made("checks", ["x" * 300] * 6))
    assert cut.slice(-1) is cut.slice(1) is cut.slice(9) is None
    assert cut.slice(0) is not None
    assert cut.slice(1) is not None
    assert cut.slice(7) is None


@pytest.mark.parametrize("field", KINDS)
@given(texts=st.lists(st.text("abc", min_size=40, max_size=400), min_size=2, max_size=40))
def test_what_an_answer_is_taken_to_weigh_is_about_right(field: str, texts: list[str]) -> None:
    query, answer = made(field, texts)
    size = len(render(query, answer)[0])
    assert exceeds(answer, size // 2)
    assert not exceeds(answer, 2 * size)


def test_weighing_looks_at_no_more_rows_than_it_must() -> None:
    class Rows(tuple):  # type: ignore[type-arg]
        seen = 0

        def __getitem__(self, at: Any) -> Any:
            Rows.seen = max(Rows.seen, at)
            return tuple.__getitem__(self, at)

    answer = KeyNames.model_construct(keys=Rows(f"key-{number:05}" for number in range(10_000)))
    assert exceeds(answer, 1200)
    assert Rows.seen == 100


def test_one_row_is_never_too_much_and_other_answers_have_none() -> None:
    assert not exceeds(Entries(entries=(Entry(key="k", value=bytes(4000)),)), 100)
    assert not exceeds(Entries(entries=()), 100)
    assert not exceeds(Answer(), 0)
    assert not can_be_cut(Written())  # type: ignore[arg-type]


def test_what_wraps_its_rows_is_weighed_and_not_cut() -> None:
    entries = tuple(Result(kv=Entry(key=f"k{n}", value=bytes(3000))) for n in range(4))
    services = tuple(service(n, "x" * 3000) for n in range(4))
    for answer in (
        Transacted(
            results=(Result(node=node(1)), Result(service=service(1)), Result(check=check(1)), *entries, Result())
        ),
        QueryExecuted(instances=tuple(instance(n, "x" * 3000) for n in range(4))),
        NodeServices(node=node(1), services=services),
    ):
        assert exceeds(answer, 10_000)
        assert not exceeds(answer, 60_000)
        assert not can_be_cut(answer)
