"""Consul's HTTP API: one module per family of endpoints, each a table of routes with plain functions behind it."""
