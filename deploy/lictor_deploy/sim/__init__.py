"""The simulator from the command line: seeds, digests, a shell."""
