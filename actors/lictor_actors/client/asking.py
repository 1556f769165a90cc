"""Asking until there is an answer, a refusal that stands, or no time left. Tenacity lives here.

The rule is the refusals' own column: what definitely did not happen may be asked again; what may have happened is asked
again only if twice does no harm. Reads do none. A write keeps its request id for all tries, and the cluster answers a
repeat of an id with the first outcome for 60 s, so a write is never kept open for longer than that. A definite refusal
speaks of one try only: if an earlier try may have happened, so may the request.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential

from lictor_actors.client.errors import LictorError
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message

REMEMBERED_S = 55.0
"""How long a write is tried: the cluster knows its id for 60 s of its own time."""
TRY_LEAST_S = 1.0
BACKOFF_FIRST_S = 0.05
BACKOFF_MOST_S = 1.0
LAST_TRY_S = 0.1
"""What the last try gets, so that the cluster's reason is heard and not the client's own "no answer in time"."""
WAIT_LEAST_S = 1e-6
"""A wait shorter than this does not move a virtual clock: tries that fail at once would never end."""
ONCE = ("members.fire_event", "datacenters.fire_event", "agent.leave_cluster")
"""Twice is not the same as once, and nobody remembers their ids."""
READS = (
    "agent.describe_agent",
    "agent.list_events",
    "agent.list_local_checks",
    "agent.list_local_services",
    "http_only.save_snapshot",
    "members.list_members",
)
"""Reads that are no Query, by their names: so none is imported for this."""

Try = Callable[[float], Awaitable[Message]]
"""One try that may take so many seconds."""


def is_repeatable(message: Message, repeats_writes: bool) -> bool:
    """Whether the message, sent twice, does what it does once; ``repeats_writes``: its id tells a repeat of a write."""
    return isinstance(message, Query) or message.kind in READS or (repeats_writes and message.kind not in ONCE)


async def ask_until(
    message: Message, once: Try, timeout_s: float, wait_s: float, rng: random.Random, *, repeatable: bool
) -> Message:
    """Try until ``timeout_s + wait_s`` have passed; raises the last try's error. ``rng`` spreads the tries.

    ``wait_s`` is how long the answer may be held back on purpose (a blocking query). What is not ``repeatable`` is
    asked again only if it did not happen.
    """
    clock = asyncio.get_running_loop().time
    within = timeout_s + wait_s
    if isinstance(message, Command):
        within = min(within, REMEMBERED_S)
    deadline = clock() + within
    in_doubt: list[LictorError] = []

    def may_retry(error: BaseException) -> bool:
        if not isinstance(error, LictorError) or not error.passing:
            return False
        if not error.definite:
            in_doubt.append(error)
        return error.definite or repeatable

    async def attempt() -> Message:
        # Half of what is left: so a server that is silent leaves time to ask another one.
        left = deadline - clock()
        half = left if not repeatable else wait_s + max((left - wait_s) / 2, TRY_LEAST_S)
        return await once(max(min(half, left), 0.001))

    retrying = AsyncRetrying(
        retry=retry_if_exception(may_retry),
        wait=_backoff(deadline, clock, rng),
        stop=_out_of_time(deadline, clock),
        reraise=True,
    )
    try:
        return await retrying(attempt)
    except LictorError as error:
        error.definite = error.definite and not in_doubt
        raise error.with_traceback(None) from None  # the tries' frames are no news to the one who asked


def _backoff(deadline: float, clock: Callable[[], float], rng: random.Random) -> Callable[[RetryCallState], float]:
    longest = wait_exponential(multiplier=BACKOFF_FIRST_S, max=BACKOFF_MOST_S)
    return lambda state: min(rng.uniform(0, longest(state)), max(deadline - LAST_TRY_S - clock(), 0.0))


def _out_of_time(deadline: float, clock: Callable[[], float]) -> Callable[[RetryCallState], bool]:
    return lambda _: clock() + WAIT_LEAST_S >= deadline - LAST_TRY_S
