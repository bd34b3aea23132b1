"""Helpers of the controller: logging, child processes."""
