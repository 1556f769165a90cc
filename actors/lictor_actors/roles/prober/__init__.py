"""The prober: one node's part in a gossip pool."""
