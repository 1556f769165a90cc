"""What people read: sentences, durations, columns, the terminal."""
