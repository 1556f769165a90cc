"""Faults by plan: steps with their times, scenario files, presets; the same in the world and on a live cluster."""
