"""What actors of several roles do with requests: gather them into rounds, answer what was returned."""
