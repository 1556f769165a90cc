"""One bit of a node's files changes behind everyone's back, as on a disk that decays."""

from __future__ import annotations

from pathlib import Path
from random import Random


def flip_a_bit(directory: Path, rng: Random) -> str:
    """Flip one anywhere in what was written there; says where, "" if nothing was."""
    files = [path for path in sorted(directory.iterdir()) if path.is_file()] if directory.is_dir() else []
    written = {path: size for path in files if (size := len(path.read_bytes().rstrip(b"\0")))}
    if not written:
        return ""
    path = rng.choice(list(written))
    offset = rng.randrange(written[path])
    with path.open("r+b") as file:
        file.seek(offset)
        flipped = file.read(1)[0] ^ 1 << rng.randrange(8)
        file.seek(offset)
        file.write(bytes((flipped,)))
    return f"bit flipped at {offset} of {path.name} on {directory.name}"
