"""Prepared queries: kept, found and run."""
