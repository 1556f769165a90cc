"""Timelines: shown, and recorded from live clusters."""
