"""Metrics of a live process: what is counted and sampled of each node, and how it is told."""
