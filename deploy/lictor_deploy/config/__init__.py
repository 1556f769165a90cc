"""Configuration files and flags."""
