"""examples/ray/greeters.py shows what it promises, and fails where registration or look-up is broken."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from machines import may_make_machines
from ray_machines import without_ray

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(180)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "ray" / "greeters.py"
IN_ACTORS = 'import sys\nif any("default_worker" in word for word in sys.orig_argv):\n    '
"""Python runs ``sitecustomize`` at its start where its folder is in PYTHONPATH: here only what runs actors of Ray."""
BUGS = {
    "registers nothing": "from lictor_actors.client.agent import LocalAgent\n"
    "    LocalAgent.register_service = lambda self, *_, **__: self.services()",
    "looks up another": "from lictor_actors.client.catalog import Health\n"
    "    Health.right = Health.service\n"
    "    Health.service = lambda self, name, **options: self.right('another', **options)",
}


ALONE = ("unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "-")
"""In a network of its own: Ray moves its head from 127.0.0.1 to an outer address, and firewalls may be between."""


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [*ALONE, sys.executable, str(EXAMPLE)] if may_make_machines() else [sys.executable, str(EXAMPLE)]
    return subprocess.run(command, env=without_ray() | environment, capture_output=True, text=True, timeout=150)


def test_greeters_find_and_call_each_other_and_notice_a_dead_ray_node() -> None:
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"each called the others: (\d+) greetings", done.stdout) == ["56", "30"]
    assert "127.0.0.5 is killed, and with it greeter-7 and greeter-8" in done.stdout


@pytest.mark.soak
@pytest.mark.parametrize("bug", BUGS)
def test_it_fails_without_lictor(bug: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(IN_ACTORS + BUGS[bug] + "\n")
    done = run(PYTHONPATH=str(tmp_path), GREETERS_WITHIN_S="5")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "after 5 s they know" in done.stderr
    assert "greetings" not in done.stdout
