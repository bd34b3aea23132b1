"""Workloads beyond one request: files of several formats, read into weighted requests, mixed into one seeded order."""
