"""Decontamination: which training rows stand in what is held out, by long n-grams, by MinHash and by their questions."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from factory.core.jsonl import loads
from factory.core.records import Verdict
from filters.duplicates.duplicates import weightless
from filters.duplicates.minhash import Near, near
from filters.duplicates.ngrams import WORDS, Held, common, grams, length_of
from filters.duplicates.same_facts import Pair, same_facts
from filters.duplicates.shingles import distinct
from filters.english.question_frames import unframed
from filters.text.segment import UNSPACED

JACCARD = 0.8  # from which on two texts are near-duplicates: Lee et al. 2022, section 4.2. Of rewordings it finds half
REWORDED = 0.6  # from which on they are where they say the same, as of duplicates: 95 % of rewordings (benchmarks/thresholds.py)
SHINGLE = 2  # words: most questions are too short for more, see duplicates.py
MOST_SHOWN = 60  # words of an overlap
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:['’.\-/][^\W_{UNSPACED}]+)*")
SAID = 2  # texts that a row says: instruction and response


class Compared(NamedTuple):
    """What is compared of one row; never its system text or the words around it in the prompt.

    `instruction` is empty where all rows of a task share it; `chunk` where none stands in the prompt, or none is to be compared.
    `bare`: the question stands alone, so that a row with the same question asks the same.
    """

    id: str
    source: str  # "train", "replay", "test" and so on, or the name of a protected file
    instruction: str
    response: str
    chunk: str = ""
    place: str = ""  # of the chunk: equal for equal chunks
    bare: bool = False

    @property
    def said(self) -> tuple[str, str]:
        """Instruction and response, less what a response holds beside prose. An n-gram of both would say where a short answer
        follows on the same last words, which is no copy; a copy of both is nearly the same example."""
        return self.instruction, "\n\n".join(prose(self.response))


class Overlap(NamedTuple):
    """A training row that stands in what is held out."""

    row: Compared
    against: Compared
    rule: str
    words: str

    @property
    def verdict(self) -> Verdict:
        reason = f'It stands in {self.against.source} as well ({self.rule}, {self.against.id}): "{self.words}".'
        return Verdict(filter="decontamination", passed=False, reason=reason)


class Chunks(NamedTuple):
    """Every chunk of the documents, with the number of its version group; how many such groups there are."""

    texts: Callable[[], Iterable[tuple[int, str]]]
    groups: int

    @property
    def least(self) -> int:
        """Groups in which an n-gram must stand to be boilerplate, which tells nothing of a leak."""
        return max(3, -(-self.groups // 20))


NO_CHUNKS = Chunks(lambda: (), 0)


def prose(response: str) -> list[str]:
    """A response, or the texts in it where it is an object: its keys and its nulls are the task's, not the row's."""
    if not response.lstrip().startswith("{"):
        return [response]
    try:
        return _texts(loads(response))
    except ValueError:
        return [response]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def overlaps(
    rows: Sequence[Compared], held: Sequence[Compared], chunks: Chunks = NO_CHUNKS, form: Sequence[str] = ()
) -> Mapping[int, Overlap]:
    """By place of the row, the first overlap found. `form`: texts that count as boilerplate of chunks, however few have them.

    Rows are read one by one, in order, as often as a rule needs them.
    """
    found: dict[int, Overlap] = {}
    for rule in (_same_questions, _near, lambda r, h: _shared_words(r, h, chunks, form)):
        for place, overlap in rule(rows, held).items():
            found.setdefault(place, overlap)
    return dict(sorted(found.items()))


def _same_questions(rows: Sequence[Compared], held: Sequence[Compared]) -> dict[int, Overlap]:
    """The question of a row that shows no chunk, or of one that a held row without a chunk asks."""
    found: dict[int, Overlap] = {}
    for mine, theirs in ((_alone, _question), (_question, _alone)):
        for place, other in _alike(rows, held, mine, theirs).items():
            found.setdefault(place, Overlap(rows[place], held[other], "the same question", _cut(held[other].instruction)))
    return found


def _question(one: Compared) -> Pair:
    return one.instruction, ""


def _alone(one: Compared) -> Pair:
    return one.instruction if one.bare else "", ""


def _both(one: Compared) -> Pair:
    return (one.instruction, one.response) if one.instruction and one.response else ("", "")


def _near(rows: Sequence[Compared], held: Sequence[Compared]) -> dict[int, Overlap]:
    """Question and answer together, where the question is the row's own: in nearly the same words, or in other ones for the same."""
    pairs = _alike(rows, held, _both, _both) | _nearest(rows, held)
    return {p: Overlap(rows[p], held[o], "nearly the same example", _cut(held[o].instruction)) for p, o in pairs.items()}


Said = Callable[[Compared], Pair]


def _nearest(rows: Sequence[Compared], held: Sequence[Compared]) -> dict[int, int]:
    """By place of the row, the first held one whose question and answer are in nearly the same words, be it with another fact."""
    return _first(near(("\n".join(_both(one)) for one in chain(held, rows)), JACCARD, SHINGLE), len(held), lambda *_: True)


def _alike(rows: Sequence[Compared], held: Sequence[Compared], mine: Said, theirs: Said) -> dict[int, int]:
    """By place of the row, the first held one that says the same in like words."""
    said = chain(map(theirs, held), map(mine, rows))
    found = near((f"{unframed(asked)}\n{answer}" if asked else "" for asked, answer in said), REWORDED, SHINGLE, weightless())
    return _first(found, len(held), lambda row, other: same_facts(mine(rows[row]), theirs(held[other])))


def _first(found: Near, held: int, same: Callable[[int, int], bool]) -> dict[int, int]:
    """By place of the row, the first held one that it is near to and the same as; held ones stand before the rows."""
    across = (found.earlier < held) & (found.later >= held)
    partner: dict[int, int] = {}
    for late, early in zip((found.later[across] - held).tolist(), found.earlier[across].tolist(), strict=True):
        if late not in partner and same(late, early):
            partner[late] = early
    for late in np.flatnonzero(found.copies[held:] >= 0).tolist():
        first = int(found.copies[held + late])
        if first < held:
            partner[late] = first
        elif first - held in partner:
            partner[late] = partner[first - held]
    return partner


def _shared_words(rows: Sequence[Compared], held: Sequence[Compared], chunks: Chunks, form: Sequence[str]) -> dict[int, Overlap]:
    """An n-gram of what a row says or shows, in what a held row says or shows. Boilerplate of chunks counts for nothing."""
    said, shown = Held((text for h in held for text in h.said), each=SAID), Held(h.chunk for h in held)
    every = distinct(np.concatenate((said.hashes, shown.hashes)))
    counted = [common(every, texts, least) for texts, least in ((chunks.texts(), chunks.least), (enumerate(form), 1))]
    boilerplate = distinct(np.concatenate(counted))
    shown = shown.without(boilerplate)
    found: dict[int, _Hit] = {}
    for number, hit in _hits((text for r in rows for text in r.said), (said, shown)).items():
        found.setdefault(number // SAID, hit._replace(part=number % SAID))
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.chunk:
            places.setdefault(row.place or row.chunk, []).append(place)
    some = list(places.values())
    for number, hit in _hits((rows[group[0]].chunk for group in some), (said.without(boilerplate), shown)).items():
        for place in some[number]:
            found.setdefault(place, hit._replace(part=SAID))
    return {place: _told(rows[place], held[hit.against], hit) for place, hit in found.items()}


class _Hit(NamedTuple):
    against: int
    start: int  # in words of the text
    length: int  # n-grams in a row
    part: int = 0  # of what a row says, or its chunk


def _hits(texts: Iterable[str], held: tuple[Held, Held]) -> dict[int, _Hit]:
    """By place of the text, its first run of n-grams that are held."""
    found: dict[int, _Hit] = {}
    for some in grams(texts):
        one, other = (h.has(some.hashes) for h in held)
        against = np.where(one >= 0, one, other)
        there = np.flatnonzero(against >= 0)
        owners, firsts = np.unique(some.owners[there], return_index=True)
        for owner, run in zip(owners.tolist(), np.split(there, firsts[1:]), strict=False):  # of nothing, split makes one part
            same = some.starts[run] - some.starts[run[0]] == np.arange(len(run))
            length = len(same) if same.all() else int(np.argmin(same))
            found[owner] = _Hit(int(against[run[0]]), int(some.starts[run[0]]), length)
    return found


def _told(row: Compared, against: Compared, hit: _Hit) -> Overlap:
    text = (*row.said, row.chunk)[hit.part]
    n = length_of(text)
    where = "the chunk" if hit.part == SAID else "question or answer"
    shared = tokens(text)[hit.start : hit.start + hit.length + n - 1]
    rule = f"{n} {'words' if n == WORDS else 'characters'} in a row of {where}"
    return Overlap(row, against, rule, (" " if n == WORDS else "").join(shared[:MOST_SHOWN]))


def tokens(text: str) -> list[str]:
    """The words that n-grams are made of, to be shown."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def _cut(text: str) -> str:
    return " ".join(text.split()[:MOST_SHOWN])
