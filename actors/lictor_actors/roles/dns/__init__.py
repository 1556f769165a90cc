"""The doorway for DNS: questions about the catalog in, answers in DNS's wire format out."""
