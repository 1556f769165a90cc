"""Disks: files, with faults, and such that lose what was not synced."""
