"""What editors and type checkers are told of the verbs is what the vocabulary makes of them."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from verbs_stub import stub

from lictor_actors.faults import VERBS, Verbs, make, verbs
from lictor_actors.faults.vocabulary import Verb

STUB = Path(verbs.__file__).with_suffix(".pyi")


class Heard(Verbs[Verb]):
    """Keeps what is said to it."""

    def inject(self, verb: Verb) -> Verb:
        return verb


def test_the_stub_is_made_from_the_vocabulary() -> None:
    if os.environ.get("LICTOR_REWRITE"):
        STUB.write_text(stub())
    assert STUB.read_text() == stub(), "a verb changed: LICTOR_REWRITE=1 pytest tests/unit/faults/test_verbs_stub.py"


def test_parameters_have_the_defaults_of_the_documentation() -> None:
    heard = Heard()
    assert heard.duplicate("all", "all") == make("duplicate")
    assert heard.loss("all", "all") == make("loss", probability=0.1)
    assert heard.bandwidth("agents", "servers", rate=1000) == heard.bandwidth("agents", "servers", 1000)


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_the_words_of_the_declaration(verb: str) -> None:
    method = getattr(Verbs, verb)
    assert method.__doc__ == VERBS[verb].__doc__
    assert len(inspect.signature(method).parameters) > 1


def test_a_parameter_that_there_is_not_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match="did you mean 'latency'"):
        Heard().delay("all", "all", latncy="80ms")  # type: ignore[call-arg]  # the mistake that is tested
    with pytest.raises(TypeError, match="nodes is told twice"):
        Heard().pause("leader", nodes="leader")  # type: ignore[misc]  # the mistake that is tested
    with pytest.raises(TypeError, match="pause takes nodes by their place"):
        Heard().pause("leader", "10s")  # type: ignore[call-arg]  # the mistake that is tested
