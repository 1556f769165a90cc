"""requirements-dev.txt holds a version of everything that pyproject.toml asks for, and names no index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))


def asked() -> list[str]:
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    extras = [*project["optional-dependencies"]["node"], *project["optional-dependencies"]["speed"]]
    grouped = [one for one in (*groups["dev"], *groups["docs"]) if isinstance(one, str)]
    return [*project["dependencies"], *extras, *grouped]


@pytest.mark.parametrize("requirement", [Requirement(one) for one in asked()], ids=str)
def test_what_is_asked_for_is_locked(requirement: Requirement) -> None:
    version = PINNED.get(canonicalize_name(requirement.name))
    assert version is not None, "make lock"
    assert requirement.specifier.contains(version), "make lock"


def test_every_version_has_hashes_and_no_line_names_a_host() -> None:
    entries = re.split(r"^(?=[a-z])", LOCK, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK
