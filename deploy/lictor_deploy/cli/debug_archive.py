"""A directory of files that is packed at the end. Both are their user's alone."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

from lictor_deploy.private import private_file
from lictor_deploy.words.sentence import Failure

ENDING = ".tar.gz"


class Archive:
    """Files under one name. Failure, with the path, for what the disk refuses."""

    def __init__(self, output: str) -> None:
        self._root = Path(output)
        self._packed = self._root.with_name(self._root.name + ENDING)

    def name(self, pack: bool) -> str:
        """Where it will be."""
        return str(self._packed if pack else self._root)

    def begin(self) -> None:
        """Make the directory; nothing that is there is written over."""
        if self._packed.exists():
            raise Failure(f"{self._packed} is there already: give another -output.")
        try:
            self._root.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise self._failure(error) from None

    def write(self, path: str, content: bytes) -> None:
        """A file, whose directory is made."""
        self._append(path, content, "wb")

    def append(self, path: str, content: bytes) -> None:
        """More of a file."""
        self._append(path, content, "ab")

    def write_json(self, path: str, content: Any) -> None:
        """A file for people and programs."""
        self.write(path, json.dumps(content, indent="\t", ensure_ascii=False).encode())

    def finish(self, *, pack: bool) -> str:
        """The path of the archive, or of the directory if it is not to be packed."""
        if not pack:
            return str(self._root)
        try:
            with (
                open(private_file(self._packed, new=True), "wb") as file,
                tarfile.open(fileobj=file, mode="w:gz") as tar,
            ):
                tar.add(self._root, arcname=self._root.name)
            shutil.rmtree(self._root)
        except OSError as error:
            raise self._failure(error) from None
        return str(self._packed)

    def _append(self, path: str, content: bytes, mode: str) -> None:
        place = self._root / path
        try:
            place.parent.mkdir(exist_ok=True)
            with place.open(mode) as file:
                file.write(content)
        except OSError as error:
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> Failure:
        return Failure(f"Cannot write {error.filename or self._root}: {error.strerror}. Check -output.")
