"""What travels and what is stored has names and fields that never change by accident: they are written down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lictor_messages
from lictor_messages import every
from lictor_messages.base import CLAIM, HOME, KINDS, KINDS_ON, STORED, WIRE, Message
from lictor_messages.codec import FrameRefused, pack_body, unpack_body
from lictor_messages.kv import PutKey
from lictor_messages.raft import ElectionDue
from lictor_messages.swim import Suspect

WRITTEN = Path(__file__).parent / "kinds.txt"
CHANNELS = {WIRE: "wire", STORED: "stored", CLAIM: "claim"}


def _kinds() -> list[str]:
    """A line a kind: its name, its channels, its fields in their order."""
    ours = {name: kind for name, kind in KINDS.items() if kind.__module__.startswith("lictor_messages.")}
    lines = []
    for name in sorted(ours):
        on = [word for channel, word in CHANNELS.items() if KINDS_ON[channel].get(name) is ours[name]]
        if on:
            lines.append(f"{name} ({', '.join(on)}): {' '.join(ours[name].model_fields)}".rstrip(": "))
    return lines


def test_kinds_that_leave_their_node_keep_their_names_channels_and_fields() -> None:
    if os.environ.get("LICTOR_REWRITE"):
        WRITTEN.write_text("\n".join(_kinds()) + "\n")
    assert _kinds() == WRITTEN.read_text().splitlines(), "a kind changed: LICTOR_REWRITE=1 pytest tests/golden"


@pytest.mark.slow
def test_every_module_of_messages_is_known_to_the_codec() -> None:
    """A frame may hold any kind, whichever modules its receiver happens to have imported."""
    files = {file.stem for file in Path(str(lictor_messages.__file__)).parent.glob("*.py")}
    without_kinds = {
        "__init__",
        "addresses",
        "base",
        "bounds",
        "codec",
        "cut",
        "door",
        "durations",
        "envelope",
        "every",
        "html",
        "json_names",
        "json_text",
        "secret",
        "version",
    }
    assert {module.__name__.rpartition(".")[2] for module in every.MODULES} == files - without_kinds
    ask = "import lictor_messages.codec; from lictor_messages.base import KINDS; print(len(KINDS))"
    fresh = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    ours = [kind for kind in KINDS.values() if kind.__module__.startswith("lictor_messages.")]
    assert int(fresh.stdout) == len(ours)


def test_a_kind_that_leaves_its_node_says_its_name() -> None:
    with pytest.raises(TypeError, match="Nameless leaves its node, so its kind is to be written out"):

        class Nameless(Message, on=WIRE):
            """Has none."""


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match=r"two messages share the kind kv\.put_key"):

        class Another(Message, kind="kv.put_key", on=HOME):
            """Says that it is PutKey."""


@pytest.mark.parametrize(
    ("message", "channels"),
    [(PutKey(key="k"), [WIRE, STORED]), (ElectionDue(), []), (Suspect(node="n", incarnation=1, accuser="a"), [CLAIM])],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_kind_is_read_from_its_channels_alone(message: Message, channels: list[object]) -> None:
    for channel in (WIRE, STORED, CLAIM):
        if channel in channels:
            assert unpack_body(pack_body(message), channel) == message
        else:
            with pytest.raises(FrameRefused, match="unknown_kind"):
                unpack_body(pack_body(message), channel)
