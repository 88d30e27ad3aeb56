"""Balance: no label of a task has more training examples than so many times the rarest one's."""

from collections import Counter
from collections.abc import Iterator, Sequence

from factory.core.records import Example, Verdict

FILTER = "balance"


def surplus(trained: Sequence[Example], most: float) -> Iterator[tuple[int, Verdict]]:
    """The places of the examples beyond, each with why; those that come first stay. A label that has none is no measure."""
    counts = Counter(example.response for example in trained)
    rarest = min(counts, key=lambda label: (counts[label], label), default="")
    cap = max(1, int(most * counts[rarest])) if rarest else 0
    seen: Counter[str] = Counter()
    for place, example in enumerate(trained):
        seen[example.response] += 1
        if seen[example.response] > cap:
            told = f'the rarest label, "{rarest}", has {counts[rarest]}'
            reason = f'The label "{example.response}" has {cap} training examples already, and {told}: balance = {most:g} allows no more.'
            yield place, Verdict(filter=FILTER, passed=False, reason=reason)
