"""The flags of what can run on Ray as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

from lictor_deploy.local.plan import DevOptions
from lictor_deploy.words.sentence import Failure


@Parameter(name="*")
@dataclass(frozen=True)
class Launch:
    """What starts the processes of a cluster."""

    launcher: Literal["fork", "ray"] = "fork"
    """What starts the processes: fork, on this machine, or ray, one on each node of a Ray cluster (fork)."""
    ray_address: str = ""
    """With -launcher ray: the Ray to use, HOST:PORT or auto; by default one that is started for it and ends with it."""
    stop: bool = False
    """With -launcher ray: end the cluster that runs on that Ray, also one that lost its `lictor dev`."""

    secure: bool = False
    """Have processes speak TLS to each other with certificates made at start, encrypt gossip, and deny what no token
    allows. The first token is in a private file, whose path is printed; the command of -exec has it as
    CONSUL_HTTP_TOKEN."""

    @property
    def on_ray(self) -> bool:
        """Whether Ray starts them. Raises Failure for flags that do not go together."""
        if self.launcher == "ray" and self.secure:
            raise Failure("-launcher ray has no certificates to give to its machines: leave -secure out.")
        if self.launcher != "ray" and (self.ray_address or self.stop):
            raise Failure("-ray-address and -stop belong to -launcher ray.")
        return self.launcher == "ray"

    def run(self, options: DevOptions, *, data_dir: str, command: str, log_level: str) -> int:
        """Run such a cluster, or end one; the exit code."""
        how = {"data_dir": data_dir, "command": command, "log_level": log_level}
        if not self.on_ray:
            from lictor_deploy.local.dev import run_dev

            return run_dev(options, secure=self.secure, **how)
        try:
            from lictor_deploy.ray.dev import run_on_ray, stop_on_ray
        except ModuleNotFoundError as missing:
            if missing.name != "ray":
                raise
            raise Failure("Ray is not installed here. Install it with `pip install 'lictor[ray]'`.") from None
        return stop_on_ray(self.ray_address) if self.stop else run_on_ray(options, address=self.ray_address, **how)


@Parameter(name="*")
@dataclass(frozen=True)
class RunsOn:
    """What carries the cluster of a scenario."""

    live: bool = False
    """Run it on real processes of this machine instead, in real time: the same as -on local."""
    on: Literal["sim", "local", "ray"] | None = None
    """Where it runs: sim, local or ray; by default as the file says."""
    ray_address: str = ""
    """With -on ray: the Ray to use, HOST:PORT or auto; by default one that is started for it and ends with it."""


DEFAULT_RUNS_ON = RunsOn()
DEFAULT_LAUNCH = Launch()
