"""Vocabulary: names that belong to a run's documents as a whole, which a question may use though its chunk has them not."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from factory.records import Document
from filters.names import bare, names
from filters.references import codes

Known = Callable[[str, str], bool]  # a name or code as `Value.text` spells it, and the digest of the document that is asked about

HEAD = 1000  # characters before a document's second heading in which it names its maker, its number and its subject
_HEADING = re.compile(r"^#{1,6}\s", re.M)
_TERM = r"[\"“](?P<{0}>[A-Z][^\"“”\n]{{0,60}})[\"”]"
_DEFINED = re.compile(
    rf"{_TERM.format('means')}\**\s+(?:means?|refers? to|is|are|has the meaning)\b"
    rf"|\([^()\n]{{0,40}}{_TERM.format('called')}[^()\n]{{0,40}}\)"
    r"|\((?P<short>[A-Za-z]?[A-Z][A-Z0-9-]+)\)"  # electronic mail (EM)
    r"|^[-*\s]*\*\*(?P<marked>[A-Z][^*\n]{0,60}?)[.:]?\*\*[.:]?\s+(?:means|refers to|is|are)\b",
    re.M,
)


def nothing(_name: str, _document: str) -> bool:
    """What is known where there is nothing but the chunk."""
    return False


class Vocabulary:
    """Whether the documents of a run have a name of their own: the one that is asked about in its title, head or definitions, or several anywhere.

    They are read when the first name is asked for that is not in its chunk, once; what is known depends on them alone.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._own = lru_cache(maxsize=256)(self._read)

    def __call__(self, name: str, document: str) -> bool:
        places, shared = self._known
        return name in shared or (document in places and name in self._own(places[document]))

    @cached_property
    def _known(self) -> tuple[dict[str, int], frozenset[str]]:
        """The place of each document, and the names that stand in two or more of them."""
        places: dict[str, int] = {}
        once: set[str] = set()
        shared: set[str] = set()
        for place, document in enumerate(self._documents):
            if places.setdefault(document.ref.digest, place) != place:
                continue  # the same text under another name
            there = spelled(document.text)
            shared |= there & once
            once |= there
        return places, frozenset(shared)

    def _read(self, place: int) -> frozenset[str]:
        return own(self._documents[place].text)


def spelled(text: str) -> frozenset[str]:
    """The names and codes of a text."""
    return frozenset((*(bare(m.group()) for m in names(text)), *(code.text for code in codes(text))))


def own(text: str) -> frozenset[str]:
    """The names and codes of a document's title, its head and its definitions."""
    defined = (term for m in _DEFINED.finditer(text) for term in m.groups() if term)
    words = (bare(word) for term in defined for word in re.findall(r"\w[\w’'-]*", term) if word[0].isupper() or not word.islower())
    return spelled(_head(text)) | frozenset(words)


def _head(text: str) -> str:
    headings = [m.start() for m in _HEADING.finditer(text[:HEAD])]
    return text[: headings[1]] if len(headings) > 1 else text[:HEAD].rpartition("\n")[0] or text[:HEAD]
