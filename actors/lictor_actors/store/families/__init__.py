"""The kinds of data that the store holds."""
