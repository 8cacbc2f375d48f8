"""Beliefs about a probability: Beta distributions, the evidence for them, and mixtures."""

from math import exp, lgamma, log1p

Moments = tuple[float, float]  # mean and variance


def beta(a: float, b: float) -> Moments:
    mean = a / (a + b)
    return mean, mean * (1 - mean) / (a + b + 1)


def mixed(weight: float, first: Moments, second: Moments) -> Moments:
    """Of the second with this weight and the first with the rest."""
    mean = (1 - weight) * first[0] + weight * second[0]
    variance = (1 - weight) * (first[1] + (first[0] - mean) ** 2)
    return mean, variance + weight * (second[1] + (second[0] - mean) ** 2)


def log_evidence(a: float, b: float, yes: float, no: float) -> float:
    """log P(these counts | their probability ~ Beta(a, b)), the order of events given."""
    if not yes and not no:
        return 0.0
    before, after = lgamma(a) + lgamma(b) - lgamma(a + b), lgamma(a + yes) + lgamma(b + no)
    return after - lgamma(a + b + yes + no) - before


def log_sum(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    return max(a, b) + log1p(exp(-abs(a - b)))
