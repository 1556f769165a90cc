"""What a server does while it leads."""
