"""The replicated state machine: commands of the log in, outcomes and indexed answers out; no clock, no randomness."""
