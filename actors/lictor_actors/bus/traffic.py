"""What a process has said to other nodes, those of its own among them: they are spoken to by the same sockets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """Counted when the kernel takes a frame."""

    messages: int = 0
    frames: int = 0
    bytes: int = 0

    @property
    def counted(self) -> dict[str, int]:
        """By the names under which it is asked for."""
        return {"messages_out": self.messages, "frames_out": self.frames, "bytes_out": self.bytes}

    def sent(self, messages: int, size: int) -> None:
        """One frame with so many messages in ``size`` bytes."""
        self.frames += 1
        self.messages += messages
        self.bytes += size
