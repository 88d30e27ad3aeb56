"""Choose a few of many items in one pass, from as many kinds as possible."""

from bisect import insort

# An id and an index. Ids are digests, so their order is random but always the same.
Ticket = tuple[str, int]


class DiverseSample:
    """Keep the first item of each kind, then the second of each, up to `most`.

    The result does not depend on the order in which items are added.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kinds: dict[str, list[Ticket]] = {}

    def add(self, kind: str, ticket: Ticket) -> None:
        mine = self._kinds.setdefault(kind, [])
        insort(mine, ticket)
        del mine[self._most :]
        if len(self._kinds) > self._most:  # drop the last kind: the others already fill the sample
            del self._kinds[max(self._kinds, key=lambda k: self._kinds[k][0])]

    def chosen(self) -> list[Ticket]:
        kinds = sorted(self._kinds.values())
        return [mine[turn] for turn in range(self._most) for mine in kinds if turn < len(mine)][
            : self._most
        ]
