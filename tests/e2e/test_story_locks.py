"""``lictor lock`` in several processes while leaders are killed: never two holders at once."""

import asyncio
import subprocess
import sys

import pytest
from failover import Campaign, kill_leaders

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(180)]
CONTENDERS = 4
SECONDS = 14.0
LEAST_HOLDS = 10
HOLDER = """
import fcntl, os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
with (folder / "holder").open("w") as only:
    try:
        fcntl.flock(only, fcntl.LOCK_EX | fcntl.LOCK_NB)   # the system gives it back if this process is ended
    except BlockingIOError:
        (folder / "two-holders").touch()
        sys.exit(1)
    counter = folder / "counter"
    before = int(counter.read_text())
    for _ in range(20):  # a while in which another holder would be caught
        only.write("x")
        only.flush()
        os.fsync(only.fileno())
    counter.write_text(str(before + 1))
    with (folder / "done").open("a") as done:
        done.write("x")
"""


@pytest.fixture
def cluster():
    with Cluster.local(3, CONTENDERS) as made:
        yield made


async def contend(node, folder, over: asyncio.Event) -> list[str]:
    """Hold the lock again and again through one node; returns what the command said when it failed."""
    command = [sys.executable, "-m", "lictor_deploy.cli.main", "lock", f"-http-addr={node.http}", "-timeout", "10s"]
    complaints = []
    while not over.is_set():
        ran = await asyncio.create_subprocess_exec(
            *command, "story/lock", f"{sys.executable} {folder / 'holder.py'} {folder}", stderr=subprocess.PIPE
        )
        said = (await ran.communicate())[1].decode()
        if ran.returncode:
            complaints.append(said)
    return complaints


async def test_a_lock_has_one_holder_at_a_time_whoever_leads(cluster, tmp_path, capsys):
    (tmp_path / "holder.py").write_text(HOLDER)
    (tmp_path / "counter").write_text("0")
    agents = [place for name, place in cluster.nodes.items() if name.startswith("agent-")]
    over, campaign = asyncio.Event(), Campaign(3)
    contenders = [asyncio.create_task(contend(agent, tmp_path, over)) for agent in agents]
    await kill_leaders(cluster, campaign, SECONDS, every_s=4.0)
    over.set()
    complaints = [line for said in await asyncio.gather(*contenders) for line in said]
    holds = len((tmp_path / "done").read_text())
    with capsys.disabled():
        print(
            f"\n  {holds} holds, {len(campaign.kills)} leaders killed, {len(complaints)} tries failed: {complaints[:2]}"
        )
    assert not (tmp_path / "two-holders").exists()
    assert int((tmp_path / "counter").read_text()) == holds
    assert holds >= LEAST_HOLDS
    assert len(campaign.kills) >= 3
