"""Ray as it is on several machines, for all tests here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray_machines import ONE_MACHINE, RayMachines, ray_machines

MACHINES = 4


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often to kill, and for how many times six seconds to cut: more in the long form, on demand."""
    return int(os.environ.get("LICTOR_RAY_ROUNDS", "1"))


@pytest.fixture(scope="session")
def rack() -> Iterator[RayMachines]:
    """A head and four machines, with Ray as it comes; what this process starts finds them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "unfenced"))
        with ray_machines(MACHINES) as made:
            if not made.real:
                assert not os.environ.get("LICTOR_RAY_REQUIRED"), ONE_MACHINE
                print(ONE_MACHINE)
            for name, value in made.environment.items():
                patch.setenv(name, value)
            yield made


@pytest.fixture
def machines(rack: RayMachines) -> RayMachines:
    """All of them run, those too that a test before has killed."""
    for machine in rack.machines:
        if not machine.runs:
            machine.boot()
    return rack
