"""Where faults are carried out: the simulated world, a local cluster's processes, or one agent by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lictor_actors.faults.book import Deed, Fault
from lictor_messages.faults import SetRules

Confirmed = Callable[[int], object]
"""Told how many actors it was done to, when it is done."""


class FaultGround:
    """What differs from ground to ground. Everything else about faults is the engine's."""

    def refuse(self, fault: Fault) -> None:
        """Raise ValueError or UnsupportedFault for what cannot be done to these nodes here; nothing is done yet."""

    def carry_out(self, rules: SetRules | None, deeds: Sequence[Deed], confirmed: Confirmed) -> None:
        """Put these rules in force and no others (None: they stay as they are), then do the deeds, in their order."""
        raise NotImplementedError

    def hits(self) -> Mapping[str, int]:
        """Fault → how many messages its rules have hit, as far as it is known here; those without hits are left out."""
        return {}

    def now(self) -> float:
        """Seconds on the clock of ``later``."""
        raise NotImplementedError

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when so much time has passed."""
        raise NotImplementedError

    def log(self, event: str) -> None:
        """Put a line on the timeline."""
        raise NotImplementedError
