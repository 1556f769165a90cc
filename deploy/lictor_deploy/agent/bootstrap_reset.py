"""The file by which an operator who has lost the first token gets another: only users of this machine write it."""

from __future__ import annotations

import logging
from pathlib import Path

from lictor_messages.acl import BootstrapResetTaken, TakeBootstrapReset

FILE = "acl-bootstrap-reset"
DIGITS_MOST = 20
log = logging.getLogger("lictor")


class ResetFile:
    """``acl-bootstrap-reset`` in the data directory; it holds the index that the refusal names."""

    def __init__(self, data_dir: str) -> None:
        self._path = Path(data_dir) / FILE if data_dir else None

    async def take(self, job: TakeBootstrapReset) -> BootstrapResetTaken:
        """The index in the file, 0 without one. A file that fits is removed: it is good for one reset."""
        index = self._read()
        if index == job.index and self._path is not None:
            self._path.unlink(missing_ok=True)
            log.warning("agent: %s is taken: another first token may be made", FILE)
        return BootstrapResetTaken(ticket=job.ticket, index=index)

    def _read(self) -> int:
        if self._path is None or not self._path.is_file():
            return 0
        with self._path.open("rb") as file:
            said = file.read(DIGITS_MOST + 1).strip()
        if said.isdigit() and len(said) <= DIGITS_MOST:
            return int(said)
        log.error("agent: %s is to hold the index of the bootstrap, a whole number", self._path)
        return 0
