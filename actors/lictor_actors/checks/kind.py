"""What a kind of check is: the job that a host does for it, and what its result means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lictor_messages.agent import CheckSpec
from lictor_messages.base import Message
from lictor_messages.catalog import CheckStatus

Verdict = tuple[CheckStatus, str]
"""Status and output of one run."""
SECOND = 1_000_000_000
TIMEOUT_NS = 10 * SECOND


@dataclass(frozen=True, slots=True)
class CheckKind:
    """A kind that the checker runs."""

    job: Callable[[CheckSpec, str], Message]
    """From how a check is run and the ticket of a run to what the host does."""
    result: type[Message]
    """What the host answers; ``ticket`` says to which run."""
    verdict: Callable[[CheckSpec, Any], Verdict]
    timeout_ns: int = TIMEOUT_NS
    """How long a run may take if the check does not say."""


def reached(success: Callable[[CheckSpec], str]) -> Callable[[CheckSpec, Any], Verdict]:
    """The verdict of a kind whose result has nothing but an ``error``: critical with it, else passing with this."""

    def verdict(spec: CheckSpec, result: Any) -> Verdict:
        return ("critical", result.error) if result.error else ("passing", success(spec))

    return verdict
