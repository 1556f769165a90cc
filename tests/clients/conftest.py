"""Clients of Consul in other languages, unmodified, against one cluster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three servers and an agent; each client uses names of its own."""
    with Cluster.local(3, 1) as made:
        yield made


@pytest.fixture(scope="session")
def needs() -> Callable[[str], str]:
    """``needs("npm")``: its path; without it the test is skipped, or fails where clients are required (CI)."""

    def find(program: str) -> str:
        found = shutil.which(program)
        if found is None and os.environ.get("LICTOR_CLIENTS_REQUIRED"):
            pytest.fail(f"{program} is not installed, and LICTOR_CLIENTS_REQUIRED is set")
        return found or pytest.skip(f"{program} is not installed")

    return find


@pytest.fixture(scope="session")
def builds() -> Path:
    """Where clients are built and what they need is kept, one folder each."""
    folder = Path(os.environ.get("LICTOR_CLIENTS_BUILDS") or Path(__file__).parents[2] / ".venv" / "cache" / "clients")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
