"""``lictor explain``: the story of a seed."""

from __future__ import annotations

from lictor_deploy.words.durations import seconds


def explain(
    seed: int,
    /,
    *,
    until: str = "20s",
    without: str = "",
    servers: int | None = None,
    agents: int | None = None,
    clients: int | None = None,
    keys: int | None = None,
) -> int:
    """Tell the story of a seed: what it drew, which faults struck, who led when, and what a judge said.

    Example: lictor explain 7
    Example: lictor explain 7 -until 12.5s -without 1,3-5

    Parameters
    ----------
    seed
        The seed.
    until
        Virtual time until the healing begins (20s).
    without
        Numbers of faults to leave out, like 1,3-5.
    servers
        So many servers instead of what the seed draws.
    agents
        So many agents instead of what the seed draws.
    clients
        So many clients instead of what the seed draws.
    keys
        So many keys instead of what the seed draws.
    """
    from lictor_deploy.sim.one import OneSeed, numbers
    from lictor_deploy.sim.one import explain as tell

    return tell(OneSeed(seed, seconds(until), numbers(without), servers, agents, clients, keys))
