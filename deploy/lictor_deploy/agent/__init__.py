"""One agent in the foreground: ``lictor agent``."""
