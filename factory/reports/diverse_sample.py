"""Spread: a few of many, from as many kinds as possible, chosen as they pass by."""

from bisect import insort

Ticket = tuple[str, int]  # an id and a place: ids are digests, so theirs is a random order, and the same at every look


class Spread:
    """The first of each kind by ticket, then the second of each, up to `most`; the same ones in whatever order they come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kinds: dict[str, list[Ticket]] = {}

    def add(self, kind: str, ticket: Ticket) -> None:
        mine = self._kinds.setdefault(kind, [])
        insort(mine, ticket)
        del mine[self._most :]
        if len(self._kinds) > self._most:  # one of each of the others comes before any of the last
            del self._kinds[max(self._kinds, key=lambda k: self._kinds[k][0])]

    def chosen(self) -> list[Ticket]:
        kinds = sorted(self._kinds.values())
        return [mine[turn] for turn in range(self._most) for mine in kinds if turn < len(mine)][: self._most]
