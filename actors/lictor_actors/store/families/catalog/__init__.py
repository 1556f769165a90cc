"""Nodes, services and checks: how they are written and asked for."""
