"""Looks into a worker from outside while it sends: which functions run, which system calls are made, what is allocated.

Each look costs what it looks at, so none of them goes on while something is measured, nor together with another.
"""
