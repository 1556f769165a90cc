"""A step of the build: a wheel says from which commit it was made, in the file ``lictor_messages/COMMIT``.

Git tells the commit, or the variable LICTOR_COMMIT where the sources come without git, as in an image. A checkout
that is installed as it is (``pip install -e``) has no such file: its commit changes under it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASK = ("git", "rev-parse", "--short=12", "HEAD")


class CommitHook(BuildHookInterface):
    """Hatchling's custom hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the file into the wheel, if the commit is known."""
        commit = os.environ.get("LICTOR_COMMIT") or _asked(self.root)
        if version == "editable" or not commit:
            return
        file = Path(self.directory) / "COMMIT"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{commit}\n", encoding="ascii")
        build_data["force_include"][str(file)] = "lictor_messages/COMMIT"


def _asked(root: str) -> str:
    if not (Path(root) / ".git").exists():  # the sources may lie within another project's checkout
        return ""
    try:
        return subprocess.run(ASK, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
