"""How long Python's collector stops the process, told by its own callbacks."""

from __future__ import annotations

import gc
import time
from typing import Any

from lictor_actors.kernel.life import Samples


class GcPauses:
    """From ``start`` to ``stop``."""

    def __init__(self, samples: Samples) -> None:
        self._pauses = samples["runtime.gc_pause_ns"]
        self.total_ns = 0
        self._began = 0

    def start(self) -> None:
        """Measure from now on."""
        gc.callbacks.append(self._told)

    def stop(self) -> None:
        """Measure no more."""
        if self._told in gc.callbacks:
            gc.callbacks.remove(self._told)

    def _told(self, phase: str, _: dict[str, Any]) -> None:
        now = time.perf_counter_ns()
        if phase == "start":
            self._began = now
        else:
            self.total_ns += now - self._began
            self._pauses.append(float(now - self._began))
