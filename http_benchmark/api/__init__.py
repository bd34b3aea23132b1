"""Results and runs over REST: what `http-benchmark serve` answers."""
