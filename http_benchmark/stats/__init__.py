"""Statistics: pure functions from recorded figures to estimates, intervals and rankings."""
