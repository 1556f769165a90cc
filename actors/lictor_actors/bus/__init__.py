"""The bus: it may lose, delay, reorder and duplicate; what it knows it did not send, it says."""
