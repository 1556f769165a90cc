"""Random streams: one per (node, actor, purpose), so that one more draw in one place shifts nothing elsewhere."""

from __future__ import annotations

import hashlib
from random import Random


def stream(seed: int, *purpose: str) -> Random:
    """The stream of this purpose; it depends on the seed and the names only, never on Python's ``hash``."""
    text = "\x1f".join((str(seed), *purpose))
    return Random(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))


class Buggify:
    """FoundationDB's switch: each named place is on in a quarter of the runs, and then fires now and then.

    Zhou et al., "FoundationDB: A Distributed Unbundled Transactional Key Value Store", SIGMOD 2021, section 4.
    """

    def __init__(self, seed: int, node: str, enabled: float = 0.25, fires: float = 0.05) -> None:
        self._seed = seed
        self._enabled = enabled
        self._fires = fires
        self._rng = stream(seed, node, "buggify")
        self._on: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        """True if the rare thing called ``name`` should happen here and now."""
        if name not in self._on:
            self._on[name] = stream(self._seed, "buggify", name).random() < self._enabled
        return self._on[name] and self._rng.random() < self._fires
