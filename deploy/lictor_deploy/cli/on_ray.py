"""The flags of what can run on Ray, and what is said where Ray is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

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

    @property
    def on_ray(self) -> bool:
        """Whether Ray starts them. Raises Failure for flags that do not go together."""
        if self.launcher != "ray" and (self.ray_address or self.stop):
            raise Failure("-ray-address and -stop belong to -launcher ray.")
        return self.launcher == "ray"


DEFAULT_LAUNCH = Launch()


@contextmanager
def needs_ray() -> Iterator[None]:
    """Around imports of Ray: without it a sentence instead of a traceback. Raises Failure."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name != "ray":
            raise
        raise Failure("Ray is not installed here. Install it with `pip install 'lictor[ray]'`.") from None
