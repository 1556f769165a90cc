"""DNS's wire format: questions read, answers built (RFC 1035, 6891, 7871)."""
