"""Sending requests: when (schedule), until when (stop), how (the adapter's `send`), and noting what happened."""
