"""One Ray on several machines for all tests here.

The process of pytest itself never connects to it: Ray keeps the token of a process's first connection as long as that
process lives.

``LICTOR_RAY_LONG=1 make ray`` runs the tests that are marked ``soak`` too. `python benchmarks raylets` kills ten
machines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray_machines import ONE_MACHINE, RayMachines, ray_machines

MACHINES = 3
LONG = "LICTOR_RAY_LONG" in os.environ


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("soak") is not None and not LONG:
        pytest.skip("a part of the long form: LICTOR_RAY_LONG=1 make ray")


@pytest.fixture(scope="session")
def rack(request: pytest.FixtureRequest) -> Iterator[RayMachines]:
    """A head and machines beside it, with Ray as it comes or as a test's parameter tunes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "unfenced"))
        with ray_machines(MACHINES, getattr(request, "param", None)) as made:
            if not made.real:
                print(ONE_MACHINE)
            yield made


@pytest.fixture
def machines(rack: RayMachines) -> RayMachines:
    """All of them run, those too that a test before has killed."""
    for machine in rack.machines:
        if not machine.runs:
            machine.boot()
    return rack
