"""Collect names that belong to a run's documents as a whole.

A question may use such a name even if its chunk does not contain it.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from factory.core.records import Document
from filters.text.names import find_proper_names, normalize_name
from filters.text.references import find_codes

# Called with a name or code as `Value.text` spells it, and the digest of the document in question.
IsKnownName = Callable[[str, str], bool]

# A name in this share of the documents belongs to the client as a whole. A name in two or three of
# them may be another depot, post or term, and a question that uses it instead of the right one is
# false. Of 65 names exchanged in the sample client's questions, grounding found 6 where names of
# two documents were known, 61 with this share (59 and 62 as it also looks for a name that was
# pushed out). Titles contain the product, the contract and its other party.
SHARED_NAME_SHARE = 0.8
MIN_SHARING_DOCUMENTS = 2  # documents; of a single document only the title counts
MAX_DOCUMENTS_READ = 256  # documents, evenly spaced, in which names are counted
HEAD_LENGTH = 1000  # characters of a document that contain its title and number
_TITLE = re.compile(r"^#{1,6}[ \t]+(\S.*)$|\A\s*([^\s#|-].*)$", re.M)

_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_WEEKDAYS = frozenset(word for day in _DAYS.split() for word in (day, f"{day}s"))


def no_known_names(_name: str, _document: str) -> bool:
    """Return False: only the names of the chunk are known."""
    return False


class CorpusNames:
    """Check whether a name appears in most documents or in the title of the document in question.

    Codes also count as known if they appear in the head of the document: its own number and the
    numbers that it replaces. The result depends only on the documents. They are read when the first
    name is looked up that is not in its chunk.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._own = lru_cache(maxsize=256)(self._read)

    def __call__(self, name: str, document: str) -> bool:
        return name in self._shared or (document in self._places and name in self._own(document))

    @cached_property
    def _places(self) -> dict[str, int]:
        """The index of each document, by its digest."""
        return {document.ref.digest: place for place, document in enumerate(self._documents)}

    @cached_property
    def _shared(self) -> frozenset[str]:
        """The names that most documents contain; copies of the same text count once."""
        count = len(self._documents)
        places = (
            sorted({i * count // MAX_DOCUMENTS_READ for i in range(MAX_DOCUMENTS_READ)})
            if count > MAX_DOCUMENTS_READ
            else range(count)
        )
        texts = {
            document.ref.digest: document.text
            for document in map(self._documents.__getitem__, places)
        }
        found = Counter(name for text in texts.values() for name in names_and_codes(text))
        least = max(MIN_SHARING_DOCUMENTS, SHARED_NAME_SHARE * len(texts))
        return frozenset(name for name, times in found.items() if times >= least)

    def _read(self, document: str) -> frozenset[str]:
        return title_names(self._documents[self._places[document]].text)


def names_and_codes(text: str) -> frozenset[str]:
    """Return the names and codes of a text, without weekdays and bare numbers."""
    return frozenset(
        {normalize_name(m.group()) for m in find_proper_names(text)} - _WEEKDAYS | _codes(text)
    )


def title_names(text: str) -> frozenset[str]:
    """Return the names in a document's title and the codes in its head."""
    head = text[:HEAD_LENGTH]
    title = _TITLE.search(head)
    return names_and_codes((title[1] or title[2]) if title else "") | _codes(head)


def _codes(text: str) -> frozenset[str]:
    return frozenset(code.text for code in find_codes(text) if any(map(str.isalpha, code.text)))
