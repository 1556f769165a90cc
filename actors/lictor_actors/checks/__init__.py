"""The kinds of checks: how each is asked for, run by a host, and judged. One file a kind."""
