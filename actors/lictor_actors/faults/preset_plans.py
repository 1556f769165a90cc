"""The presets as a plan file would say them: name, in words, and the tables of its steps."""

from __future__ import annotations

from typing import Any, NamedTuple


class PresetPlan(NamedTuple):
    """What it is like, and its steps."""

    what: str
    steps: tuple[dict[str, Any], ...]


PRESET_PLANS: dict[str, PresetPlan] = {
    "flaky-wifi": PresetPlan(
        "A radio link with people walking through it: up to 50 ms of jitter, one message in 20 lost, in bursts.",
        (
            {
                "delay": {"latency": "2ms", "jitter": "50ms", "correlation": 0.3},
                "loss": {"probability": 0.05, "correlation": 0.3},
            },
        ),
    ),
    "wan": PresetPlan(
        "Two sites far apart: 40 to 60 ms each way, one message in a thousand lost.",
        ({"delay": {"latency": "40ms", "jitter": "20ms"}, "loss": {"probability": 0.001}},),
    ),
    "gc-pause": PresetPlan(
        "Every 4 s some server, and more often some other node, does nothing for 0.3 to 0.8 s.",
        (
            {"every": "4s", "stall": {"nodes": "one(servers)", "busy": "800ms"}},
            {"every": "1700ms", "stall": {"nodes": "one(all)", "busy": "300ms"}},
        ),
    ),
    "split-brain": PresetPlan(
        "For 8 s of every 20 the leader is on the smaller side of a partition.",
        ({"at": "2s", "every": "20s", "for": "8s", "partition": {"groups": ["minority"]}},),
    ),
    "rolling-restart": PresetPlan(
        "The servers are stopped and started one after the other, one every 8 s.",
        ({"at": "1s", "every": "8s", "for": "2s", "stop": {"nodes": "next(servers)"}},),
    ),
    "slow-leader-disk": PresetPlan(
        "For 10 s of every 15 half of the leader's syncs take 400 ms longer.",
        (
            {
                "at": "1s",
                "every": "15s",
                "for": "10s",
                "slow_disk": {"nodes": "leader", "fsync": "400ms", "probability": 0.5},
            },
        ),
    ),
    "half-open": PresetPlan(
        "For 5 s of every 12 the leader, then some other node, speaks and nothing reaches it.",
        (
            {"at": "1s", "every": "12s", "for": "5s", "cut": {"from": "all", "to": "leader"}},
            {"at": "7s", "every": "12s", "for": "5s", "cut": {"from": "all", "to": "one(all)"}},
        ),
    ),
    "clock-drift": PresetPlan(
        "One server's clocks gain a second in a hundred, another's lose one, a third's wall clock is 30 s ahead.",
        (
            {"drift": [{"nodes": "next(servers)", "rate": 1.01}, {"nodes": "next(servers)", "rate": 0.99}]},
            {"skew": {"nodes": "next(servers)", "by": "30s"}},
        ),
    ),
}
