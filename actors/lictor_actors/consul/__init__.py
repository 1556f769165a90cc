"""Consul's words, both ways: what its JSON says, decoded and rendered."""
