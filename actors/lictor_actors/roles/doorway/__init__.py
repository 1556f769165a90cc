"""What every doorway needs: calls, deadlines."""
