"""The server: Raft, the store and the reads, wired together."""
