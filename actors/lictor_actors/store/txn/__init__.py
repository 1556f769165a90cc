"""Transactions: rehearsed, then done as a whole or not at all."""
