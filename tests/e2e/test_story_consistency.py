"""Consistency for keeps, in its short form: real processes die under load, and every promise is judged afterwards.

The long form is ``python benchmarks failover``.
"""

import pytest
from failover import Campaign, campaign, fail_over, kill_leaders, restart_in_turn

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(180)]
LEAST_OPERATIONS = 300
"""Of each campaign: fewer would prove little."""
SANE_S = 5.0
"""No trial of a failover may take longer: the time-outs allow about two seconds, and this machine is shared."""


@pytest.fixture
def cluster(request, tracebacks):
    with Cluster.local(request.param, 3) as made:
        yield made
        assert tracebacks(made) == []


def kept(report: Campaign, least_deaths: int) -> None:
    """Every promise, and that there was something to break them."""
    assert report.wrong == []
    assert report.undecided == 0
    assert len(report.digests) == report.servers
    assert len(report.kills) >= least_deaths
    assert report.operations > LEAST_OPERATIONS
    assert report.stale_reads > LEAST_OPERATIONS
    assert len(report.gaps_s) == len(report.kills), "after every death writes were acknowledged again"


@pytest.mark.parametrize("cluster", [3, 5], indirect=True)
async def test_every_promise_is_kept_while_leaders_are_killed(cluster, capsys):
    report = await campaign(cluster, lambda made, told: kill_leaders(made, told, seconds=12.0, every_s=3.0))
    with capsys.disabled():
        print(f"\n  {report.operations} operations on {report.keys} keys, {len(report.kills)} leaders killed, ", end="")
        print(f"the next write {max(report.gaps_s):.2f} s later at most")
    kept(report, least_deaths=3)


@pytest.mark.parametrize("cluster", [3], indirect=True)
async def test_every_promise_is_kept_in_rolling_restarts(cluster):
    kept(await campaign(cluster, lambda made, told: restart_in_turn(made, told, rounds=2)), least_deaths=6)


@pytest.mark.parametrize("cluster", [3], indirect=True)
async def test_a_new_leader_takes_writes_soon(cluster):
    took = [await fail_over(cluster) for _ in range(3)]
    assert max(took) < SANE_S, took


async def test_the_checks_see_a_write_that_was_lost_and_one_that_was_not_refused(monkeypatch):
    """Judges that find nothing wrong have to be able to."""
    import failover
    from recorded import Recorder

    async def body(_: str) -> bytes:
        return b'[{"Key":"ledger/undead"}]'

    class Place:
        name, http = "server-1", ""

    monkeypatch.setattr(failover, "everything", body)
    report = Campaign(1)
    recorder = Recorder(ledger={"ledger/lost": b"1"}, refused=["ledger/undead"])
    await failover.compare_servers([Place()], recorder, report)
    assert report.wrong == [
        "lost: ledger/lost on server-1",
        "happened although refused: ledger/undead on server-1",
    ]
