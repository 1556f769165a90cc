"""A local cluster of processes: ``lictor dev``."""
