"""Does the tool measure what it says? Live experiments with known answers; run with `python -m proof`.

`oracles` has the formulas of the answers, `live` runs a client against a server whose answers are known, the other
modules have the experiments, one function each. What can be proved without a clock is proved in `tests/unit`.
"""
