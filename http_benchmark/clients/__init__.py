"""Adapters: one file per HTTP client library."""
