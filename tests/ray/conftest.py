"""One Ray on several machines for all tests here.

The process of pytest itself never connects to it: Ray keeps the token of a process's first connection as long as that
process lives.

``LICTOR_RAY_ROUNDS=10 make ray`` is the long form: it kills ten machines, cuts one off for a minute, and runs the tests
that are marked ``soak``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ray_machines import ONE_MACHINE, ROUNDS, RayMachines, ray_machines

MACHINES = 3


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("soak") is not None and ROUNDS < 2:
        pytest.skip("a part of the long form: LICTOR_RAY_ROUNDS=10 make ray")


@pytest.fixture(scope="session")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayMachines]:
    """A head and machines beside it, with Ray as it comes; what this process starts finds them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "unfenced"))
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        with ray_machines(MACHINES) as made:
            if not made.real:
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
