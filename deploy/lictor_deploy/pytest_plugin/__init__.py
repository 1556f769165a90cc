"""Clusters as pytest fixtures: real ones on this machine, or simulated ones from a seed."""
