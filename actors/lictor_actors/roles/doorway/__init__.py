"""What every doorway needs, in any protocol: a desk that asks for its clients until there is an outcome."""
