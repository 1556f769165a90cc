"""The OpenAPI document is the code's, and has words for everything; tests/e2e/test_openapi.py says that it is true."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from openapi.document import document
from openapi.reads import reads_of
from openapi.words import ANSWERS, PARAMETERS, RAW_BODIES, READ_IN_ANSWERS

from lictor_actors.roles.api.api import ROUTER

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
OPERATIONS = [(method, path, operation) for path, at in document()["paths"].items() for method, operation in at.items()]


def test_the_document_is_the_codes() -> None:
    made = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("LICTOR_REWRITE"):
        FILE.write_text(made, encoding="utf-8")
    assert made == FILE.read_text(encoding="utf-8"), "LICTOR_REWRITE=1 pytest tests/golden"


def test_every_parameter_that_is_read_has_a_meaning_and_no_other() -> None:
    read = {name for route in ROUTER.table for name in reads_of(route).parameters}
    assert read | {name for names in READ_IN_ANSWERS.values() for name in names} == PARAMETERS.keys()


def test_words_are_of_routes() -> None:
    assert {*ANSWERS, *READ_IN_ANSWERS, *RAW_BODIES} <= {route.path for route in ROUTER.table}


@pytest.mark.parametrize("operation", [pytest.param(one, id=f"{method} {path}") for method, path, one in OPERATIONS])
def test_every_operation_says_what_it_does(operation: dict[str, str]) -> None:
    assert operation["summary"].endswith((".", ";"))


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))
