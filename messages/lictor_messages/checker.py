"""What an agent and its checker say to each other."""

from __future__ import annotations

from lictor_messages.agent import CheckSpec
from lictor_messages.base import Message
from lictor_messages.catalog import CheckStatus


class CheckerStarted(Message):
    """From a checker that has just been (re)started to its agent: tell me what to run."""


class StartCheck(Message):
    """To the checker: run this check from now on, first at a random point of its interval."""

    id: str
    spec: CheckSpec


class StopCheck(Message):
    """To the checker: forget this check."""

    id: str


class CheckResult(Message):
    """From the checker to its agent: one run's verdict, after thresholds."""

    id: str
    status: CheckStatus
    output: str


class CheckDue(Message):
    """The checker's timer: run this check."""

    id: str
