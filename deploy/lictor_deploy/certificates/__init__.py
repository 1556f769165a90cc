"""A certificate authority in two files, and certificates by which servers, agents and commands know each other."""
