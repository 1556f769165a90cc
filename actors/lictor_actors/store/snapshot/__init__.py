"""Snapshots of the whole store: frozen, framed, thawed."""
