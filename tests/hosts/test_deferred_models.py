"""A record's model is built at its first use of any kind; all are built where memory or threads are shared."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import ormsgpack
import pytest
from pydantic import ValidationError

import lictor
from lictor_actors.hosts.models import build_models
from lictor_messages.base import FrozenMap, Record, read
from lictor_messages.catalog import NodeRecord


class Inner(Record):
    """Part of the others."""

    name: str = ""


def fresh() -> type[Any]:
    """A record that was never used."""

    class Outer(Record):
        inner: Inner
        number: int = 3

    assert not Outer.__pydantic_complete__
    return Outer


FIRST_USES: list[Callable[[type[Any]], Any]] = [
    lambda kind: kind(inner=Inner(name="x")),
    lambda kind: kind(inner={"name": "x"}),
    lambda kind: read(kind, {"inner": {"name": "x"}, "of": "later versions"}),
    lambda kind: kind.model_validate_json('{"inner": {"name": "x"}}'),
    lambda kind: kind.model_construct(inner=Inner(name="x")).model_copy(update={"number": 3}),
]


@pytest.mark.parametrize("use", FIRST_USES)
def test_the_first_use_is_like_every_other(use: Callable[[type[Any]], Any]) -> None:
    kind = fresh()
    first, second = use(kind), use(kind)
    assert first == second == kind(inner=Inner(name="x"), number=3)
    assert hash(first) == hash(second)
    assert first.model_dump() == {"inner": {"name": "x"}, "number": 3}


def test_what_is_made_without_validation_is_packed_before_any_model_is_built() -> None:
    made = fresh().model_construct(inner=Inner.model_construct(name="x"))
    assert ormsgpack.unpackb(ormsgpack.packb(made, option=ormsgpack.OPT_SERIALIZE_PYDANTIC)) == {
        "inner": {"name": "x"},
        "number": 3,
    }


def test_the_first_reading_is_checked() -> None:
    with pytest.raises(ValidationError, match=r"inner\.name"):
        read(fresh(), {"inner": {"name": 7}})


def test_an_instance_may_come_to_a_process_that_has_built_nothing() -> None:
    sent = pickle.dumps(NodeRecord(node="n1", address="10.0.0.1", meta=FrozenMap(a="b")))
    code = (
        f"import pickle; one = pickle.loads({sent!r}); print(type(one).__pydantic_complete__, one.model_copy() == one)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("True\n")


def test_all_that_is_defined_can_be_built_at_once() -> None:
    kind = fresh()
    build_models()
    built = kind.__pydantic_validator__
    assert kind.__pydantic_complete__
    build_models()
    assert kind.__pydantic_validator__ is built


def test_a_client_for_threads_has_built_all_that_any_thread_may_make_first() -> None:
    kind = fresh()
    lictor.Client("tcp://127.0.0.1:9")
    assert kind.__pydantic_complete__


def test_a_record_that_cannot_be_built_yet_keeps_nobody_else_from_it() -> None:
    class Early(Record):
        later: Later  # type: ignore[name-defined]  # noqa: F821

    kind = fresh()
    build_models()
    assert kind.__pydantic_complete__
    assert not Early.__pydantic_complete__


@pytest.mark.slow
def test_before_a_dev_cluster_forks_nothing_is_left_for_each_child_to_import_or_build() -> None:
    code = (
        "import gc, sys; import lictor_deploy.local.forked as local; from lictor_actors.hosts.models import below;"
        "from lictor_messages.base import Record; local.settle_memory();"
        "print('lictor_messages.every' in sys.modules,"
        "[kind.__name__ for kind in below(Record) if not kind.__pydantic_complete__], gc.get_freeze_count() > 10_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True [] True\n"
