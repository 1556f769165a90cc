"""Whether the driver of a detached actor is gone for good, by Ray's word."""

from __future__ import annotations

import asyncio

import ray
from ray._private.state import jobs


async def driver_is_dead(within_s: float) -> bool:
    """True if Ray knows that the driver has ended; False if it lives, or if Ray does not say so in time."""
    own = ray.get_runtime_context().get_job_id()
    try:
        found = await asyncio.wait_for(asyncio.to_thread(jobs), within_s)
    except TimeoutError:
        return False
    return all(job["IsDead"] for job in found if job["JobID"] == own)
