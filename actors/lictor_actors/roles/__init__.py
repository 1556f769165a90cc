"""Roles: one file is one actor."""
