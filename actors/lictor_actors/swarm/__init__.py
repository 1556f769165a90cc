"""The swarm: a seed draws a cluster, a workload and a mix of faults; judges say whether every promise was kept."""

from lictor_actors.swarm.report import Report
from lictor_actors.swarm.seeds import run_seed

__all__ = ["Report", "run_seed"]
