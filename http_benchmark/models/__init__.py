"""Data: what users configure, what is measured, what is stored and shown."""
