"""Scenarios carried out: in the world, many seeds at a time, or on a live cluster of this machine."""
