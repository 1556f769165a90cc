"""Sessions, and the locks on keys that they hold."""
