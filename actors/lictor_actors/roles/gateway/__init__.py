"""The gateway: the doorway for HTTP."""
