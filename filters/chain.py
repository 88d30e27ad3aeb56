"""Run filters one after the other and stop at the first rejection."""

from collections.abc import Callable

from factory.core.records import Example, Verdict

Filter = Callable[[Example], Verdict]


def chain(example: Example, filters: tuple[Filter, ...]) -> Example:
    """Return the example with the verdicts of all filters up to the first that rejects it."""
    for judge in filters:
        example = example.judged(judge(example))
        if example.rejection:
            break
    return example
