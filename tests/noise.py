"""Synthetic noise of two equal contenders, on the log scale, as the method's acceptance tests define it.

Each function gives shape (blocks, 2): one trial of each contender per block, in the order in which they ran.
"""

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


def quiet(generator: np.random.Generator, blocks: int) -> Floats:
    """An idle machine: N(0, 0.01)."""
    return generator.normal(0, 0.01, (blocks, 2))


def shared(generator: np.random.Generator, blocks: int) -> Floats:
    """A shared machine: AR(0.95) of SD 0.04, N(0, 0.015), and in 10 % of the trials Exp(0.08)."""
    trials = 2 * blocks
    noise = _autoregressive(generator, trials, correlation=0.95, deviation=0.04) + generator.normal(0, 0.015, trials)
    noise += (generator.random(trials) < 0.1) * generator.exponential(0.08, trials)
    return noise.reshape(blocks, 2)


def harsh(generator: np.random.Generator, blocks: int) -> Floats:
    """A bad machine: a trend of ±0.10, AR(0.8) of SD 0.03, 0.02·t₃, and bursts of U(0.05, 0.35)."""
    trials = 2 * blocks
    noise = generator.choice([-0.1, 0.1]) * np.linspace(0, 1, trials)
    noise += _autoregressive(generator, trials, correlation=0.8, deviation=0.03)
    noise += 0.02 * generator.standard_t(3, trials)
    at = 0
    while at < trials:  # 15 % of the trials lie in bursts of mean length 3, so calm stretches have mean length 17
        at += generator.geometric(1 / 17)
        length = generator.geometric(1 / 3)
        noise[at : at + length] += generator.uniform(0.05, 0.35)
        at += length
    return noise.reshape(blocks, 2)


def _autoregressive(generator: np.random.Generator, count: int, *, correlation: float, deviation: float) -> Floats:
    steps = generator.normal(0, deviation * np.sqrt(1 - correlation**2), count)
    values = np.empty(count)
    last = generator.normal(0, deviation)
    for index, step in enumerate(steps):
        last = values[index] = correlation * last + step
    return values


def in_random_order(generator: np.random.Generator, noise: Floats) -> Floats:
    """Shape (blocks, 2) by contender instead of by time: who starts a block is drawn by lot."""
    return generator.permuted(noise, axis=1)
