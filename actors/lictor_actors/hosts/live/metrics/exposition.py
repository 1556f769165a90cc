"""Metrics as text for Prometheus, version 0.0.4 of the format.

Written here and not by prometheus_client: that appends ``_total`` to the name of every counter and has no quantiles,
and boards made for Consul ask for ``consul_raft_apply`` and ``consul_raft_commitTime{quantile="0.99"}``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

from lictor_actors.hosts.live.metrics.found import Found, Labelled, told
from lictor_actors.hosts.live.metrics.series import BOUNDS, Series
from lictor_actors.hosts.live.metrics.view import MetricsView

QUANTILES = (0.5, 0.9, 0.99)
_NOT_OF_A_NAME = re.compile(r"[^a-zA-Z0-9_]")
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def exposition(found: Found, view: MetricsView) -> str:
    """The page that is scraped."""
    lines: list[str] = []
    for values in (found.gauges, found.counters):
        _add(lines, ((one, [f"{_line(one)} {_number(value)}"]) for one, value in told(values, view)))
    _add(lines, ((one, list(_of_series(one, series))) for one, series in told(found.series, view)))
    return "\n".join(lines) + "\n"


def _add(lines: list[str], families: Iterable[tuple[Labelled, list[str]]]) -> None:
    """With a head before the first line of each metric."""
    before = None
    for one, own in families:
        if one.metric is not before:
            before, name = one.metric, _safe(one.name)
            lines += [f"# HELP {name} {one.metric.meaning}", f"# TYPE {name} {one.metric.kind}"]
        lines += own


def _of_series(one: Labelled, series: Series) -> Iterator[str]:
    if one.metric.kind == "histogram":
        for bound, count in zip((*BOUNDS, math.inf), series.cumulative(), strict=True):
            yield f"{_line(one, '_bucket', {'le': _number(bound)})} {count}"
    else:
        for share in QUANTILES:
            yield f"{_line(one, '', {'quantile': str(share)})} {_number(series.quantile(share))}"
    yield f"{_line(one, '_sum')} {_number(series.sum)}"
    yield f"{_line(one, '_count')} {series.count}"


def _line(one: Labelled, suffix: str = "", more: Mapping[str, str] | None = None) -> str:
    labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in {**one.labels, **(more or {})}.items())
    return f"{_safe(one.name)}{suffix}{f'{{{labels}}}' if labels else ''}"


def _safe(name: str) -> str:
    return _NOT_OF_A_NAME.sub("_", name)


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(float(value))
