"""What is made of counts and values: figures, intervals of ten seconds, filters, names, text."""

from __future__ import annotations

import math
import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from lictor_actors.consul.metrics import METRICS
from lictor_actors.hosts.live.metrics import registries
from lictor_actors.hosts.live.metrics.exposition import exposition
from lictor_actors.hosts.live.metrics.found import Found
from lictor_actors.hosts.live.metrics.node_metrics import NodeMetrics
from lictor_actors.hosts.live.metrics.registries import Registries
from lictor_actors.hosts.live.metrics.series import BOUNDS, KEPT_MOST, Interval, Series
from lictor_actors.hosts.live.metrics.summary import summary
from lictor_actors.hosts.live.metrics.view import MetricsView

VALUES = st.lists(st.lists(st.floats(0, 1e6), min_size=1), min_size=1)
APPLY, LEADER, FSYNC = METRICS["raft.apply"], METRICS["server.isLeader"], METRICS["lictor.fsync_seconds"]


@given(VALUES)
def test_figures_are_those_of_all_values_however_they_come(parts: list[list[float]]) -> None:
    interval, everything = Interval(), [value for part in parts for value in part]
    for part in parts:
        interval.add(part)
    assert interval.count == len(everything)
    assert interval.sum == pytest.approx(sum(everything))
    assert (interval.min, interval.max) == (min(everything), max(everything))
    assert interval.mean == pytest.approx(statistics.fmean(everything))
    if len(everything) > 1:
        assert interval.deviation == pytest.approx(statistics.stdev(everything), rel=1e-3, abs=1.0)


def test_very_many_values_take_bounded_room_and_keep_their_quantiles() -> None:
    series = Series()
    for part in range(100):
        series.add([float(part * 1000 + number) for number in range(1000)], in_buckets=False)
    assert len(series.current.kept) <= KEPT_MOST
    assert series.count == 100_000
    for share in (0.5, 0.9, 0.99):
        assert series.quantile(share) == pytest.approx(share * 100_000, rel=0.02)


def test_without_values_there_is_no_quantile() -> None:
    assert math.isnan(Series().quantile(0.5))


def test_quantiles_forget_what_is_older_than_two_intervals_and_totals_do_not() -> None:
    series = Series()
    series.add([1.0, 2.0], in_buckets=False)
    series.roll()
    assert series.quantile(0.99) == 2.0
    series.roll()
    assert math.isnan(series.quantile(0.99))
    assert (series.count, series.sum) == (2, 3.0)


@given(st.lists(st.floats(0, 5), min_size=1))
def test_a_histogram_counts_each_value_up_to_its_bound(values: list[float]) -> None:
    series = Series()
    series.add(values, in_buckets=True)
    assert series.cumulative() == [sum(value <= bound for value in values) for bound in (*BOUNDS, math.inf)]


def test_a_counter_of_an_actor_that_began_anew_grows_by_what_it_has_counted_since() -> None:
    kept = 5.0
    metrics = NodeMetrics(lambda: [("raft.apply", kept)], "lictor.events")
    metrics.roll()
    kept = 8.0
    assert metrics.grown(whole=False) == {"raft.apply": 3.0}
    metrics.roll()
    assert metrics.grown(whole=True) == {"raft.apply": 3.0}
    kept = 2.0
    assert metrics.grown(whole=False) == {"raft.apply": 2.0}


def test_what_consul_has_a_name_for_is_no_event() -> None:
    metrics = NodeMetrics(tuple, "lictor.events")
    metrics.counts = Counter({"client.rpc": 2, "refused_no_such_actor": 1})
    assert metrics.counters(()) == {"client.rpc": 2.0, "lictor.events;what=refused_no_such_actor": 1.0}


def test_a_sample_of_no_metric_is_not_taken_silently() -> None:
    metrics = NodeMetrics(tuple, "lictor.events")
    metrics.samples["no.such_metric"].append(1.0)
    with pytest.raises(KeyError):
        metrics.fold()


@pytest.mark.parametrize(
    ("filters", "default", "shown"),
    [
        ((), True, True),
        ((), False, False),
        (("-consul.raft",), True, False),
        (("+consul.raft",), False, True),
        (("-consul.raft", "+consul.raft.apply"), True, True),
        (("+consul.raft", "-consul.raft.apply"), True, False),
        (("+consul.raft", "-consul.raft"), True, False),  # equally long: what keeps back wins
        (("-consul.kvs",), True, True),
        (("-lictor",), True, True),
    ],
)
def test_the_longest_filter_decides(filters: tuple[str, ...], default: bool, shown: bool) -> None:
    assert MetricsView(filters=filters, filter_default=default).shows(APPLY) is shown


@pytest.mark.parametrize(
    ("view", "gauge", "counter", "ours"),
    [
        (MetricsView(), "consul.server.isLeader", "consul.raft.apply", "lictor.fsync_seconds"),
        (MetricsView(prefix="x"), "x.server.isLeader", "x.raft.apply", "lictor.fsync_seconds"),
        (MetricsView(prefix=""), "server.isLeader", "raft.apply", "lictor.fsync_seconds"),
        (MetricsView(hostname="h"), "consul.h.server.isLeader", "consul.raft.apply", "lictor.fsync_seconds"),
        (
            MetricsView(hostname="h", prometheus=False),
            "consul.h.server.isLeader",
            "consul.raft.apply",
            "lictor.fsync_seconds",
        ),
    ],
)
def test_names(view: MetricsView, gauge: str, counter: str, ours: str) -> None:
    assert (view.name(LEADER), view.name(APPLY), view.name(FSYNC)) == (gauge, counter, ours)


def test_labels_are_escaped_and_names_have_no_odd_letters() -> None:
    odd = 'a"b\\c\nd'
    found = Found({"server.isLeader": 1.0}, {f"lictor.events;what={odd}": 2.0}, {}, {})
    said = exposition(found, MetricsView(hostname="my-host.local"))
    families = {family.name: family for family in text_string_to_metric_families(said)}
    assert "consul_my_host_local_server_isLeader" in families
    assert families["lictor_events"].samples[0].labels == {"what": odd}


def test_json_tells_of_the_last_whole_interval() -> None:
    series = Series()
    series.add([1.0, 3.0], in_buckets=False)
    series.roll()
    series.add([100.0], in_buckets=False)
    found = Found({}, {"raft.apply": 9.0}, {"raft.apply": 4.0}, {"kvs.apply": series})
    said = summary(found, MetricsView(), began=1_800_000_000, whole=True)
    assert said.timestamp == "2027-01-15 08:00:00 +0000 UTC"
    assert [(row.name, row.count, row.rate, row.sum) for row in said.counters] == [("consul.raft.apply", 4, 0.4, 4.0)]
    (sampled,) = said.samples
    assert (sampled.count, sampled.sum, sampled.min, sampled.max, sampled.mean) == (2, 4.0, 1.0, 3.0, 2.0)
    assert sampled.stddev == pytest.approx(math.sqrt(2))
    (now,) = summary(found, MetricsView(), began=0, whole=False).samples
    assert (now.count, now.max) == (1, 100.0)


def test_intervals_are_over_every_ten_seconds_of_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_003.0
    monkeypatch.setattr(registries.time, "time", lambda: now)
    counters: Counter[str] = Counter()
    made = Registries(counters, Counter, dict)
    rolled: list[float] = []
    monkeypatch.setattr(NodeMetrics, "roll", lambda _: rolled.append(now))
    for _ in range(30):
        now += 1
        made.second(0.0)
    assert rolled == [1_000_010.0, 1_000_020.0, 1_000_030.0]
