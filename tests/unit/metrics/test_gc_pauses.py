"""Collections of garbage are timed from start to stop, and none of their times is lost while others are summed up."""

from __future__ import annotations

import gc
from collections import defaultdict

import pytest

from lictor_actors.hosts.live.metrics.gc_pauses import GcPauses
from lictor_actors.hosts.live.metrics.node_metrics import NodeMetrics
from lictor_actors.hosts.live.metrics.series import Series


@pytest.mark.slow
def test_each_collection_is_timed_between_start_and_stop():
    samples: defaultdict[str, list[float]] = defaultdict(list)
    pauses = GcPauses(samples)
    pauses.start()
    gc.collect()
    pauses.stop()
    taken = samples["runtime.gc_pause_ns"]
    assert taken
    assert min(taken) > 0
    assert pauses.total_ns == sum(taken)
    seen = len(taken)
    gc.collect()
    assert len(taken) == seen


def test_a_value_that_comes_while_others_are_summed_up_is_kept_for_the_next_time(monkeypatch):
    metrics = NodeMetrics(tuple, "lictor.events")
    values = metrics.samples["runtime.gc_pause_ns"]
    values.append(1.0)
    plain = Series.add

    def interrupted(series, some, *, in_buckets):
        plain(series, some, in_buckets=in_buckets)
        if some[0] == 1.0:
            values.append(2.0)

    monkeypatch.setattr(Series, "add", interrupted)
    metrics.fold()
    assert metrics.series()["runtime.gc_pause_ns"].sum == 3.0
