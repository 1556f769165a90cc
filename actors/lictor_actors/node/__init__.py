"""Which actors make a node."""
