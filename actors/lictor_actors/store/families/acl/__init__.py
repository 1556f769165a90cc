"""Access control: who may do what, as the cluster remembers it."""
