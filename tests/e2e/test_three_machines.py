"""docs/three-machines.md, followed to the letter: each machine is a namespace with a network and files of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Machine, bridge, may_make_machines, until

PAGE = Path(__file__).parents[2] / "docs" / "three-machines.md"
STEP = re.compile(r"^On (s\d):\n\n```sh\n(.*?)```", re.MULTILINE | re.DOTALL)
BRIDGE = "lictor-doc"
EMPTY_DIRECTORIES = """
mkdir -p /run/machine && mount -t tmpfs none /run/machine
mkdir /run/machine/etc /run/machine/lib /run/machine/tmp
mount --bind /run/machine/lib /var/lib
cp -r /etc/. /run/machine/etc && mount --bind /run/machine/etc /etc
"""
"""Laid over those that the page writes to: what it writes is gone with the machine."""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        not may_make_machines("curl", "pkill"),
        reason="three machines need root, ip, nsenter, unshare, curl and pkill",
    ),
]


@pytest.fixture
def machines() -> Iterator[dict[str, Machine]]:
    made: dict[str, Machine] = {}
    with bridge(BRIDGE):
        try:
            for number in (1, 2, 3):
                made[f"s{number}"] = Machine(BRIDGE, number, EMPTY_DIRECTORIES)
            yield made
        finally:
            for machine in made.values():
                machine.kill()


def test_the_page_does_what_it_says(machines: dict[str, Machine]) -> None:
    steps = STEP.findall(PAGE.read_text())
    assert len(steps) > 15
    said = [_typed(machines[name], script) for name, script in steps]
    members, *_ = [text for text in said if "alive" in text]
    assert members.count("alive") == 3
    mottos = [text.splitlines()[-1] for text in said if "of three" in text]
    assert mottos == ["two of three", *["still two of three"] * 4]
    assert any("10.77.0.1" in text and "web" in text for text in said)


def _typed(machine: Machine, script: str) -> str:
    """What it prints, tried again for as long as a reader would look again."""
    tries: list[subprocess.CompletedProcess[str]] = []

    def done() -> bool:
        tries.append(machine.run(script, {"TMPDIR": "/run/machine/tmp"}))
        return tries[-1].returncode == 0 and not (script.startswith("lictor members") and not _whole(tries[-1].stdout))

    try:
        until(done)
    except AssertionError:
        pytest.fail(f"{script}\n{tries[-1].stdout}{tries[-1].stderr}")
    return tries[-1].stdout


def _whole(said: str) -> bool:
    return said.count("alive") == 3 and "leader" in said
