"""What ``@pytest.mark.cluster(…)`` asks for, checked. Read for every test at collection, so it imports nothing big."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal["local", "ray", "sim"]
Profile = Literal["lan", "wan", "local"]
SERVERS_MOST, AGENTS_MOST = 9, 1000
"""More servers than anyone has, and more agents than one machine bears: as in a scenario file."""
Faults = str | Callable[[Any], Any]
"""The name of a preset, or a function that is given the cluster's fault verbs."""


@dataclass(frozen=True)
class ClusterMarker:
    """The cluster that a test wants."""

    servers: int = 3
    agents: int = 5
    kind: Kind = "local"
    faults: tuple[Faults, ...] = ()
    """In force from the moment when the cluster is whole."""
    seeds: tuple[int, ...] = ()
    """One run of the test for each; none for a cluster of real processes."""
    profile: Profile = "lan"
    """Constants of gossip."""


NAMES = tuple(field.name for field in fields(ClusterMarker))


def read_markers(markers: Iterable[Mapping[str, Any]]) -> ClusterMarker:
    """The cluster that these markers' arguments add up to, outermost first; ValueError says what is wrong."""
    given: dict[str, Any] = {}
    for arguments in markers:
        given.update(arguments)
    for name in given:
        if name not in NAMES:
            raise ValueError(f"the cluster marker does not know {name!r}, only {', '.join(NAMES)}")
    kind = _one_of("kind", given.get("kind", "sim" if "seeds" in given else "local"), Kind)
    if kind != "sim" and "seeds" in given:
        raise ValueError("seeds are for simulated clusters: use kind='sim', or leave seeds out")
    return ClusterMarker(
        servers=_count("servers", given.get("servers", ClusterMarker.servers), 1, SERVERS_MOST),
        agents=_count("agents", given.get("agents", ClusterMarker.agents), 0, AGENTS_MOST),
        kind=kind,
        faults=_faults(given.get("faults", ())),
        seeds=_seeds(given.get("seeds", 1)) if kind == "sim" else (),
        profile=_one_of("profile", given.get("profile", ClusterMarker.profile), Profile),
    )


def _count(name: str, value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least} to {most}, not {value!r}")
    return value


def _one_of(name: str, value: Any, names: Any) -> Any:
    if value not in get_args(names):
        raise ValueError(f"{name} is one of {', '.join(get_args(names))}, not {value!r}")
    return value


def _seeds(value: object) -> tuple[int, ...]:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return tuple(range(value))
    if isinstance(value, Sequence) and value and all(type(seed) is int for seed in value):
        return tuple(value)
    raise ValueError(f"seeds is how many (1 or more) or a list of them, not {value!r}")


def _faults(value: object) -> tuple[Faults, ...]:
    several = value if isinstance(value, list | tuple) else (value,)
    for fault in several:
        if not isinstance(fault, str) and not callable(fault):
            raise ValueError(f"faults names a preset, or is a function of the cluster's fault verbs, not {fault!r}")
        if isinstance(fault, str):
            from lictor_deploy.pytest_plugin.presets import preset  # it brings much along: only for tests that need it

            preset(fault)
    return tuple(several)
