"""How Lictor runs: local clusters, the command line, and what ships it."""
