"""Define a sequence whose members are read on access, so that memory does not grow with them."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar, overload

Seen = TypeVar("Seen")


class View(Sequence[Seen], Generic[Seen]):
    """A lazy sequence: member i is `look(places[i])`."""

    def __init__(self, places: Sequence[int], look: Callable[[int], Seen]) -> None:
        self._places, self._look = places, look

    @overload
    def __getitem__(self, index: int) -> Seen: ...
    @overload
    def __getitem__(self, index: slice) -> "View[Seen]": ...
    def __getitem__(self, index: int | slice) -> "Seen | View[Seen]":
        if isinstance(index, slice):
            return View(self._places[index], self._look)
        return self._look(self._places[index])

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(a == b for a, b in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]


def select_view(some: Sequence[Seen], places: Iterable[int]) -> View[Seen]:
    """Return a view of the members at these indexes."""
    return View(array("L", places), some.__getitem__)
