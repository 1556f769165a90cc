"""The parent of a local cluster's processes."""
