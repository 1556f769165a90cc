"""What a scenario file may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lictor_actors.faults.steps import Step
from lictor_actors.faults.vocabulary import Span

Op = Literal["get", "put", "cas", "delete"]
SETTLE_S = 5.0
"""How long a scenario goes on after the last thing that its steps name, unless it says a duration."""
RATE_MOST = 1e6
FOREVER_S = 30.0
"""How long a scenario whose steps never end goes on, unless it says a duration."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _rate(value: float) -> float:
    if not 0 < value <= RATE_MOST:
        raise ValueError(f"must be more than 0 and at most {RATE_MOST:g}")
    return value


class ClusterTable(_Table):
    """``[cluster]``."""

    servers: int = Field(3, ge=1, le=9)
    agents: int = Field(5, ge=0, le=1000)
    kind: Literal["sim", "local", "ray"] = "sim"
    """Where it runs unless the command line says otherwise: simulated, or real processes, on this machine or on Ray."""
    profile: Literal["lan", "wan", "local"] = "lan"


class KvTable(_Table):
    """``kv`` of ``[workload]``: clients that put, get, compare-and-set and delete a few keys."""

    clients: int = Field(4, ge=1, le=100)
    ops: tuple[Op, ...] = Field(("get", "get", "put", "put", "cas", "delete"), min_length=1)
    keys: int = Field(3, ge=1, le=1000)
    rate: Annotated[float, AfterValidator(_rate)] = 20.0
    """Operations a second, all clients together."""


class WorkloadTable(_Table):
    """``[workload]``."""

    kv: KvTable | None = None


class EventuallyTable(_Table):
    """``eventually`` of ``[expect]``: what must become true within so long after everything has healed."""

    one_leader: Span | None = None
    members_agree: Span | None = None
    catalog_matches: Span | None = None
    no_false_failed: bool | Span = False
    """No node that runs counts as failed; ``true`` gives it as long as the most patient of the others, or 60 s."""

    @property
    def bounds(self) -> dict[str, float]:
        """What is expected, and within how many seconds."""
        told = {"one_leader": self.one_leader, "members_agree": self.members_agree}
        named = {name: s for name, s in {**told, "catalog_matches": self.catalog_matches}.items() if s is not None}
        if self.no_false_failed is True:
            named["no_false_failed"] = max(named.values(), default=60.0)
        elif self.no_false_failed is not False:
            named["no_false_failed"] = float(self.no_false_failed)
        return named


class ExpectTable(_Table):
    """``[expect]``."""

    linearizable: tuple[Literal["kv"], ...] = ()
    eventually: EventuallyTable = EventuallyTable()
    always: tuple[Literal["raft"], ...] = ("raft",)
    """What must hold at every moment."""


class Scenario(_Table):
    """A whole file."""

    name: str = "unnamed"
    seed: int = 1
    duration_s: Span | None = Field(None, alias="duration")
    """How long the steps go on; then everything heals. Unless said, until the last step is over and a little longer."""
    cluster: ClusterTable = ClusterTable()
    workload: WorkloadTable = WorkloadTable()
    step: tuple[Step, ...] = ()
    expect: ExpectTable = ExpectTable()

    @property
    def lasts_s(self) -> float:
        """How long the steps go on."""
        if self.duration_s is not None:
            return self.duration_s
        if any(step.every_s is not None and step.until_s is None for step in self.step):
            return FOREVER_S
        ends = max((step.ends_s for step in self.step), default=0.0)
        return ends + SETTLE_S
