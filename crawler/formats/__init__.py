"""Readers of formats: bytes in, values out; no network, no files, no database, no settings."""
