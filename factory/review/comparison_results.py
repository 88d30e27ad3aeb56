"""What people found of two models' answers that they rated blind, in figures and in words."""

from pydantic import BaseModel

from factory.core.stats import Interval

FOUND = "review/comparison.json"


class AxisFound(BaseModel, frozen=True):
    axis: str
    means: tuple[float, float]
    difference: Interval  # of the second model less the first
    agreement: float | None  # Krippendorff's alpha, interval scale; None where nothing was rated by several, or all alike


class Comparison(BaseModel, frozen=True):
    """review/comparison.json."""

    models: tuple[str, str]
    n: int  # questions
    reviewers: tuple[str, ...]
    axes: tuple[AxisFound, ...]


def sentences(found: Comparison) -> list[str]:
    """One an axis, with what it means."""
    first, second = found.models
    told = []
    for one in found.axes:
        d = one.difference
        verdict = f"{second} is better" if d.low > 0 else f"{first} is better" if d.high < 0 else "no difference is shown"
        agreement = "" if one.agreement is None else f"; reviewers' alpha {one.agreement:.2f}"
        means = f"{first} {one.means[0]:.2f}, {second} {one.means[1]:.2f}"
        told.append(f"{one.axis}: {means}, difference {d.mean:+.2f} ({d.low:+.2f} to {d.high:+.2f}): {verdict}{agreement}")
    return told
