"""Lictor: service discovery and coordination built from actors."""
