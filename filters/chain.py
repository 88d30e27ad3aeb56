"""Filters one after the other; the first rejection ends it."""

from collections.abc import Callable

from factory.core.records import Example, Verdict

Filter = Callable[[Example], Verdict]


def chain(example: Example, filters: tuple[Filter, ...]) -> Example:
    """The example with the verdicts of all filters up to the first that rejects it."""
    for judge in filters:
        example = example.judged(judge(example))
        if example.rejection:
            break
    return example
