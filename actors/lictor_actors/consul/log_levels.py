"""The levels of Consul's log."""

from __future__ import annotations

LEVELS = {"TRACE": "TRACE", "DEBUG": "DEBUG", "INFO": "INFO", "WARN": "WARNING", "ERR": "ERROR", "ERROR": "ERROR"}
"""Consul's name of each → Python's, which has TRACE since ``hosts.live.log_lines`` added it."""
