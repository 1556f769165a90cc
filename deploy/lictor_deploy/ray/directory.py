"""What a host keeps on its machine: journals, a log, traces."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TextIO

from lictor_deploy.local.run_dir import base_dir

TRACE = ".trace"


class Directory:
    """Of one cluster on one machine, which is known by its address: a node of Ray that is back finds its journals."""

    def __init__(self, cluster: str, ip: str, data_dir: str) -> None:
        """``data_dir``: where a person wants it; "" for a temporary one, which goes with the cluster."""
        self._top = None if data_dir else base_dir() / cluster
        self.path = (Path(data_dir) if data_dir else base_dir() / cluster) / ip
        (self.path / "logs").mkdir(parents=True, exist_ok=True)
        self._log: TextIO | None = None

    def of(self, name: str) -> Path:
        """Of the node of this name."""
        return self.path / name

    def servers(self) -> list[str]:
        """The servers that have a journal here."""
        return sorted(path.name for path in self.path.glob("server-*") if path.is_dir())

    def forget(self, name: str) -> None:
        """An agent begins with nothing: what it once kept here is out of date."""
        shutil.rmtree(self.of(name), ignore_errors=True)

    def trace(self, name: str) -> str:
        """Where the trace of this name is written, "" for no name."""
        return str(self.path / "logs" / name) if name else ""

    def traces(self) -> list[Path]:
        """Those that were written."""
        return sorted((self.path / "logs").glob(f"*{TRACE}"))

    def log(self, name: str) -> TextIO:
        """The log of this process, to be written to."""
        self._log = (self.path / "logs" / f"{name}.log").open("a", buffering=1, encoding="utf-8")
        return self._log

    def remove_temporary(self) -> None:
        """Remove all of it, unless a person named the place."""
        if self._top is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            if self._top.is_dir() and not any(self._top.iterdir()):
                self._top.rmdir()
