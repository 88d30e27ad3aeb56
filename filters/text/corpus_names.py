"""Vocabulary: names that belong to a run's documents as a whole, which a question may use though its chunk has them not."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from factory.core.records import Document
from filters.text.names import bare, names
from filters.text.references import codes

Known = Callable[[str, str], bool]  # a name or code as `Value.text` spells it, and the digest of the document that is asked about

# A name in so many of the documents is the client's own. One in two or three of them may be another depot, post or term, and a
# question that has it in the place of the right one is false. Of 65 names exchanged in the sample client's questions, grounding
# found 6 where names of two documents were known, 61 with this share (59 and 62 as it also looks for a name that was pushed out).
# In titles stand the product, the contract and its other party.
SHARE = 0.8
LEAST = 2  # documents; of a single one nothing is known but its title
LOOKED_AT = 256  # documents at most, spread evenly over all, in which names are counted
HEAD = 1000  # characters of a document in which it gives its title and its number
_TITLE = re.compile(r"^#{1,6}[ \t]+(\S.*)$|\A\s*([^\s#|-].*)$", re.M)

_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_WEEKDAYS = frozenset(word for day in _DAYS.split() for word in (day, f"{day}s"))


def nothing(_name: str, _document: str) -> bool:
    """What is known where there is nothing but the chunk."""
    return False


class Vocabulary:
    """Whether a name is the client's, as most documents have it, or stands in the title of the document that is asked about.

    Codes are known by a document's head, too: its own number and those that it replaces. All of it depends on the documents alone;
    they are read when the first name is asked for that is not in its chunk.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._own = lru_cache(maxsize=256)(self._read)

    def __call__(self, name: str, document: str) -> bool:
        return name in self._shared or (document in self._places and name in self._own(document))

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where each document stands, by its digest."""
        return {document.ref.digest: place for place, document in enumerate(self._documents)}

    @cached_property
    def _shared(self) -> frozenset[str]:
        """The names that most documents have; the same text under two names counts once."""
        count = len(self._documents)
        places = sorted({i * count // LOOKED_AT for i in range(LOOKED_AT)}) if count > LOOKED_AT else range(count)
        texts = {document.ref.digest: document.text for document in map(self._documents.__getitem__, places)}
        found = Counter(name for text in texts.values() for name in spelled(text))
        least = max(LEAST, SHARE * len(texts))
        return frozenset(name for name, times in found.items() if times >= least)

    def _read(self, document: str) -> frozenset[str]:
        return own(self._documents[self._places[document]].text)


def spelled(text: str) -> frozenset[str]:
    """The names and codes of a text; days of the week are times, and bare numbers no codes."""
    return frozenset({bare(m.group()) for m in names(text)} - _WEEKDAYS | _codes(text))


def own(text: str) -> frozenset[str]:
    """The names of a document's title, and the codes of its head."""
    head = text[:HEAD]
    title = _TITLE.search(head)
    return spelled((title[1] or title[2]) if title else "") | _codes(head)


def _codes(text: str) -> frozenset[str]:
    return frozenset(code.text for code in codes(text) if any(map(str.isalpha, code.text)))
