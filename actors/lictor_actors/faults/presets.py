"""Faults that come together, by name: the bad days that every cluster knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lictor_actors.faults.steps import Step, read_steps


@dataclass(frozen=True, slots=True)
class Preset:
    """A plan with a name. Called with a cluster's fault verbs it begins to play, until everything is healed."""

    name: str
    what: str
    steps: tuple[Step, ...]

    def __call__(self, faults: Any) -> object:
        """Play it on ``cluster.faults``."""
        return faults.play(self.steps)


def _preset(name: str, what: str, *steps: dict[str, Any]) -> Preset:
    return Preset(name, what, tuple(read_steps(steps)))


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        _preset(
            "flaky-wifi",
            "A radio link with people walking through it: up to 50 ms of jitter, one message in 20 lost, in bursts.",
            {
                "delay": {"latency": "2ms", "jitter": "50ms", "correlation": 0.3},
                "loss": {"probability": 0.05, "correlation": 0.3},
            },
        ),
        _preset(
            "wan",
            "Two sites far apart: 40 to 60 ms each way, one message in a thousand lost.",
            {"delay": {"latency": "40ms", "jitter": "20ms"}, "loss": {"probability": 0.001}},
        ),
        _preset(
            "gc-pause",
            "Every 4 s some server, and more often some other node, does nothing for 0.3 to 0.8 s.",
            {"every": "4s", "stall": {"nodes": "one(servers)", "busy": "800ms"}},
            {"every": "1700ms", "stall": {"nodes": "one(all)", "busy": "300ms"}},
        ),
        _preset(
            "split-brain",
            "For 8 s of every 20 the leader is on the smaller side of a partition.",
            {"at": "2s", "every": "20s", "for": "8s", "partition": {"groups": ["minority"]}},
        ),
        _preset(
            "rolling-restart",
            "The servers are stopped and started one after the other, one every 8 s.",
            {"at": "1s", "every": "8s", "for": "2s", "stop": {"nodes": "next(servers)"}},
        ),
        _preset(
            "slow-leader-disk",
            "For 10 s of every 15 half of the leader's syncs take 400 ms longer.",
            {
                "at": "1s",
                "every": "15s",
                "for": "10s",
                "slow_disk": {"nodes": "leader", "fsync": "400ms", "probability": 0.5},
            },
        ),
        _preset(
            "half-open",
            "For 5 s of every 12 the leader, then some other node, speaks and nothing reaches it.",
            {"at": "1s", "every": "12s", "for": "5s", "cut": {"from": "all", "to": "leader"}},
            {"at": "7s", "every": "12s", "for": "5s", "cut": {"from": "all", "to": "one(all)"}},
        ),
        _preset(
            "clock-drift",
            "One server's clocks gain a second in a hundred, another's lose one, a third's wall clock is 30 s ahead.",
            {"drift": [{"nodes": "next(servers)", "rate": 1.01}, {"nodes": "next(servers)", "rate": 0.99}]},
            {"skew": {"nodes": "next(servers)", "by": "30s"}},
        ),
    )
}


def preset(name: str) -> Sequence[Step]:
    """The steps of this preset; LookupError names those that there are."""
    if name not in PRESETS:
        raise LookupError(f"There is no fault preset {name!r}: there are {', '.join(PRESETS)}.")
    return PRESETS[name].steps
