"""Steps tried on the cluster that the scenario describes, before anything runs: would they find their nodes?

While a scenario runs, a selector may name no node for a moment (there is no leader just now): the step is then left out
and the log says so. A selector that can never name a node is a mistake in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from lictor_actors.faults.kinds import refuse_unknown_kinds
from lictor_actors.faults.selectors import NodeView, resolve, roles_of
from lictor_actors.faults.steps import Problem, Step, read_step
from lictor_actors.faults.vocabulary import VERBS, Verb
from lictor_actors.faults.writing import Aim
from lictor_actors.scenario.model import ClusterTable, Scenario


def rehearse(scenario: Scenario, tables: Iterable[Mapping[str, Any]]) -> None:
    """Raises Problem for a step, as the file has it, that could never strike, or never anybody."""
    nodes = _nodes(scenario.cluster)
    for number, table in enumerate(tables):
        try:
            if "quiet" in table and table.keys() & {"preset", *VERBS}:
                raise Problem(("quiet",), "quiet ends every fault: give it a step of its own")
            for step in read_step(table):
                _in_time(step, scenario.duration_s)
                for fault in step.faults:
                    _finds(fault, nodes, "preset" if fault.name not in table else fault.name)
        except Problem as problem:
            raise Problem((number, *problem.where), problem.text) from None


def _nodes(cluster: ClusterTable) -> list[NodeView]:
    """The cluster while server-1 leads."""
    servers = [(f"server-{n}.dc1", True, n == 1, roles_of(True)) for n in range(1, cluster.servers + 1)]
    agents = [(f"agent-{n}.dc1", False, False, roles_of(False)) for n in range(1, cluster.agents + 1)]
    return [NodeView(*node) for node in (*servers, *agents)]


def _in_time(step: Step, duration_s: float | None) -> None:
    if step.until_s is not None and step.until_s < step.begins_s:
        raise Problem(("until",), f"until {step.until_s:g} s is before the step first strikes, at {step.begins_s:g} s")
    if duration_s is not None and step.begins_s >= duration_s:
        raise Problem(
            (), f"it first strikes at {step.begins_s:g} s, and the scenario ends at {duration_s:g} s: raise duration"
        )


def _finds(fault: Verb, nodes: list[NodeView], key: str) -> None:
    try:
        fault.written(Aim("f1", nodes, partial(resolve, nodes=nodes)))
    except (LookupError, ValueError) as error:
        raise Problem((key,), f"{error.args[0]}; there are {_told(nodes)}") from None
    try:
        refuse_unknown_kinds(fault)
    except ValueError as error:
        raise Problem((key, "match"), error.args[0]) from None


def _told(nodes: list[NodeView]) -> str:
    servers = [node.name.partition(".")[0] for node in nodes if node.server]
    agents = [node.name.partition(".")[0] for node in nodes if not node.server]
    return " and ".join(f"{some[0]} to {some[-1]}" if some[1:] else some[0] for some in (servers, agents) if some)
