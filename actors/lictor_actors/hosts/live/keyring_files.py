"""``serf/local.keyring`` and ``serf/remote.keyring`` in a node's data directory: Serf's files, a JSON list of keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import orjson

from lictor_actors.hosts.keyrings import KeyringKeeper, NoKeeper
from lictor_actors.hosts.spec import SiteSpec
from lictor_messages.host import PoolLane

NAMES: dict[PoolLane, str] = {"gossip": "local.keyring", "wan": "remote.keyring"}


class KeyringFiles:
    """Reads and writes them; only their owner may."""

    def __init__(self, data_dir: str) -> None:
        self._folder = Path(data_dir) / "serf"

    def load(self, lane: PoolLane) -> Sequence[str]:
        """See ``KeyringKeeper``."""
        path = self._folder / NAMES[lane]
        if not path.exists():
            return ()
        try:
            keys = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise OSError(f"{path} is no keyring file: {error}") from error
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
            raise OSError(
                f"{path} is no keyring file: it has to be a JSON list of keys in base64, the primary one first"
            )
        return tuple(keys)

    def keep(self, lane: PoolLane, keys: Sequence[str]) -> None:
        """See ``KeyringKeeper``: the old file or the new one is there at any time."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / NAMES[lane]
        new = path.with_name(path.name + ".new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(file, 0o600)
            os.write(file, orjson.dumps(list(keys), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            os.fsync(file)
        finally:
            os.close(file)
        new.replace(path)


def keeper_of(spec: SiteSpec) -> KeyringKeeper:
    """In the data directory of a node that has one and wants its keys there."""
    kept = spec.data_dir and spec.encryption is not None and spec.encryption.keyring_file
    return KeyringFiles(spec.data_dir) if kept else NoKeeper()


def has_keyring_file(data_dir: str) -> bool:
    """Whether a node with this data directory has a key from an earlier life."""
    return any((Path(data_dir) / "serf" / name).exists() for name in NAMES.values())
