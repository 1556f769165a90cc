"""Chaos against a service of one's own, the example: careful clerks sell no ticket twice, careless ones are caught."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "ticket_office.py"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def office() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ticket_office", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_ticket_is_sold_twice(office: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    office.main(careless=False)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(office.SEEDS)
    assert all(line.endswith("sold twice: none") and " 0 races lost" not in line for line in said)


def test_careless_clerks_are_caught(office: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"seed 0 replays it: tickets .* were sold twice"):
        office.main(careless=True)
