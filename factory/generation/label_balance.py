"""Limit the training examples of each label of a task to a multiple of the rarest label's."""

from collections import Counter
from collections.abc import Iterator, Sequence

from factory.core.records import Example, Verdict

FILTER = "balance"


def surplus_examples(trained: Sequence[Example], most: float) -> Iterator[tuple[int, Verdict]]:
    """Yield the index of each example over the limit, and why; the first examples stay. Labels
    without any example are ignored.
    """
    counts = Counter(example.response for example in trained)
    rarest = min(counts, key=lambda label: (counts[label], label), default="")
    cap = max(1, int(most * counts[rarest])) if rarest else 0
    seen: Counter[str] = Counter()
    for place, example in enumerate(trained):
        seen[example.response] += 1
        if seen[example.response] > cap:
            told = f'the rarest label, "{rarest}", has {counts[rarest]}'
            reason = (
                f'The label "{example.response}" has {cap} training examples already, and {told}: '
                f"balance = {most:g} allows no more."
            )
            yield place, Verdict(filter=FILTER, passed=False, reason=reason)
