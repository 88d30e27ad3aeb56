"""Results of a blind comparison of two models, as figures and as sentences."""

from pydantic import BaseModel

from factory.core.stats import Interval

COMPARISON_FILE = "review/comparison.json"


class AxisResult(BaseModel, frozen=True):
    axis: str
    means: tuple[float, float]
    difference: Interval  # second model minus first
    # Krippendorff's alpha, interval scale; None if no answer has several raters, or all marks are
    # equal.
    agreement: float | None


class Comparison(BaseModel, frozen=True):
    """The content of review/comparison.json."""

    models: tuple[str, str]
    n: int  # questions
    reviewers: tuple[str, ...]
    axes: tuple[AxisResult, ...]


def comparison_sentences(found: Comparison) -> list[str]:
    """Describe the result on each axis in one sentence."""
    first, second = found.models
    told = []
    for one in found.axes:
        d = one.difference
        verdict = (
            f"{second} is better"
            if d.low > 0
            else f"{first} is better"
            if d.high < 0
            else "no difference is shown"
        )
        agreement = "" if one.agreement is None else f"; reviewers' alpha {one.agreement:.2f}"
        means = f"{first} {one.means[0]:.2f}, {second} {one.means[1]:.2f}"
        told.append(
            f"{one.axis}: {means}, difference {d.mean:+.2f} ({d.low:+.2f} to {d.high:+.2f}): "
            f"{verdict}{agreement}"
        )
    return told
