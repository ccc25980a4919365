"""Reads public archives: adapters for platforms, and the engine that visits many politely."""
