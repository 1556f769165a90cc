"""Scenarios: a cluster, a workload, faults by plan and what is expected, as data; what runs them is elsewhere."""

from lictor_actors.scenario.load import ScenarioError, load, of_preset, parse
from lictor_actors.scenario.model import Scenario

__all__ = ["Scenario", "ScenarioError", "load", "of_preset", "parse"]
