"""The command line: Consul's commands and flags, and ``dev``, ``fault`` and ``sim`` on top."""
