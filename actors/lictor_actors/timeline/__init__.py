"""The timeline: what happened when and where, as records, in the terminal and as a space-time diagram."""

from lictor_actors.timeline.record import TimelineRecord, read, write

__all__ = ["TimelineRecord", "read", "write"]
