"""Find training rows that overlap held-out rows, by long n-grams, MinHash and their questions."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from factory.core.jsonl import loads
from factory.core.records import Verdict
from filters.duplicates.duplicates import DUPLICATE_SHINGLE, weightless_hashes
from filters.duplicates.minhash import NearPairs, find_near_pairs
from filters.duplicates.ngrams import (
    NGRAM_WORDS,
    NGramIndex,
    common_ngrams,
    hash_ngrams,
    ngram_length,
)
from filters.duplicates.same_facts import InstructionResponse, same_facts
from filters.duplicates.shingles import sorted_unique
from filters.english.question_frames import strip_frames
from filters.text.segment import UNSPACED

# Two texts are near-duplicates from here on: Lee et al. 2022, section 4.2. It finds half of all
# rewordings.
COPY_JACCARD = 0.8
# Two texts that say the same are duplicates from here on, as in duplicates.py. It finds 95 % of
# rewordings (benchmarks/thresholds.py).
REWORDED_JACCARD = 0.6
MAX_SHOWN_WORDS = 60  # words of an overlap
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:['’.\-/][^\W_{UNSPACED}]+)*")
TEXTS_PER_ROW = 2  # instruction and response


class ComparedRow(NamedTuple):
    """The parts of a row that are compared, without its system prompt and prompt template.

    `instruction` is empty if all rows of a task share it; `chunk` is empty if the prompt has none
    or it should not be compared. `bare` says that the prompt is the question alone, so that two
    rows with the same question ask the same.
    """

    id: str
    source: str  # "train", "replay", "test" and so on, or the name of a protected file
    instruction: str
    response: str
    chunk: str = ""
    place: str = ""  # of the chunk: equal for equal chunks
    bare: bool = False

    @property
    def own_texts(self) -> tuple[str, str]:
        """The instruction, and the prose of the response.

        They are compared separately: an n-gram across both would match a short answer after the
        same last words, which is no copy. A copy of both is found as nearly the same example.
        """
        return self.instruction, "\n\n".join(prose_texts(self.response))


class HeldOutOverlap(NamedTuple):
    """A training row that overlaps a held-out row, and the rule and words that show it."""

    row: ComparedRow
    against: ComparedRow
    rule: str
    words: str

    @property
    def verdict(self) -> Verdict:
        reason = (
            f"It stands in {self.against.source} as well ({self.rule}, {self.against.id}): "
            f'"{self.words}".'
        )
        return Verdict(filter="decontamination", passed=False, reason=reason)


class CorpusChunks(NamedTuple):
    """Every chunk of the documents with the number of its version group, and the group count."""

    texts: Callable[[], Iterable[tuple[int, str]]]
    groups: int

    @property
    def least(self) -> int:
        """The number of groups that must have an n-gram to make it boilerplate and not a leak."""
        return max(3, -(-self.groups // 20))


NO_CHUNKS = CorpusChunks(lambda: (), 0)


def prose_texts(response: str) -> list[str]:
    """Return the response, or the texts in it if it is a JSON object.

    Keys and nulls belong to the task and not to the row.
    """
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


def find_overlaps(
    rows: Sequence[ComparedRow],
    held: Sequence[ComparedRow],
    chunks: CorpusChunks = NO_CHUNKS,
    form: Sequence[str] = (),
) -> Mapping[int, HeldOutOverlap]:
    """Return the first overlap of each overlapping row, by index of the row.

    `form` has texts that count as boilerplate of chunks, however few chunks have them. Rows are
    read one by one, in order, as often as a rule needs them.
    """
    found: dict[int, HeldOutOverlap] = {}
    for rule in (_same_questions, _near, lambda r, h: _shared_words(r, h, chunks, form)):
        for place, overlap in rule(rows, held).items():
            found.setdefault(place, overlap)
    return dict(sorted(found.items()))


def _same_questions(
    rows: Sequence[ComparedRow], held: Sequence[ComparedRow]
) -> dict[int, HeldOutOverlap]:
    """Find rows with the question of a held-out row, if one of the two prompts is only that."""
    found: dict[int, HeldOutOverlap] = {}
    for mine, theirs in ((_alone, _question), (_question, _alone)):
        for place, other in _alike(rows, held, mine, theirs).items():
            found.setdefault(
                place,
                HeldOutOverlap(
                    rows[place], held[other], "the same question", _cut(held[other].instruction)
                ),
            )
    return found


def _question(one: ComparedRow) -> InstructionResponse:
    return one.instruction, ""


def _alone(one: ComparedRow) -> InstructionResponse:
    return one.instruction if one.bare else "", ""


def _both(one: ComparedRow) -> InstructionResponse:
    return (one.instruction, one.response) if one.instruction and one.response else ("", "")


def _near(rows: Sequence[ComparedRow], held: Sequence[ComparedRow]) -> dict[int, HeldOutOverlap]:
    """Find rows whose question and answer together are nearly the same, or say the same.

    Rows that share their instruction with the whole task are not compared.
    """
    pairs = _alike(rows, held, _both, _both) | _nearest(rows, held)
    return {
        p: HeldOutOverlap(rows[p], held[o], "nearly the same example", _cut(held[o].instruction))
        for p, o in pairs.items()
    }


PairReader = Callable[[ComparedRow], InstructionResponse]


def _nearest(rows: Sequence[ComparedRow], held: Sequence[ComparedRow]) -> dict[int, int]:
    """Match each row to the first held-out one in nearly the same words, even with another fact."""
    return _first(
        find_near_pairs(
            ("\n".join(_both(one)) for one in chain(held, rows)), COPY_JACCARD, DUPLICATE_SHINGLE
        ),
        len(held),
        lambda *_: True,
    )


def _alike(
    rows: Sequence[ComparedRow], held: Sequence[ComparedRow], mine: PairReader, theirs: PairReader
) -> dict[int, int]:
    """Match each row to the first held-out one that says the same in similar words."""
    said = chain(map(theirs, held), map(mine, rows))
    found = find_near_pairs(
        (f"{strip_frames(asked)}\n{answer}" if asked else "" for asked, answer in said),
        REWORDED_JACCARD,
        DUPLICATE_SHINGLE,
        weightless_hashes(),
    )
    return _first(
        found, len(held), lambda row, other: same_facts(mine(rows[row]), theirs(held[other]))
    )


def _first(found: NearPairs, held: int, same: Callable[[int, int], bool]) -> dict[int, int]:
    """Match each row to the first held-out one that is near to it and the same.

    In `found`, the held-out rows come before the others.
    """
    across = (found.earlier < held) & (found.later >= held)
    partner: dict[int, int] = {}
    for late, early in zip(
        (found.later[across] - held).tolist(), found.earlier[across].tolist(), strict=True
    ):
        if late not in partner and same(late, early):
            partner[late] = early
    for late in np.flatnonzero(found.copies[held:] >= 0).tolist():
        first = int(found.copies[held + late])
        if first < held:
            partner[late] = first
        elif first - held in partner:
            partner[late] = partner[first - held]
    return partner


def _shared_words(
    rows: Sequence[ComparedRow],
    held: Sequence[ComparedRow],
    chunks: CorpusChunks,
    form: Sequence[str],
) -> dict[int, HeldOutOverlap]:
    """Find rows that share a long n-gram with a held-out row, in their texts or their chunks.

    Boilerplate of chunks does not count.
    """
    said, shown = (
        NGramIndex((text for h in held for text in h.own_texts), each=TEXTS_PER_ROW),
        NGramIndex(h.chunk for h in held),
    )
    every = sorted_unique(np.concatenate((said.hashes, shown.hashes)))
    counted = [
        common_ngrams(every, texts, least)
        for texts, least in ((chunks.texts(), chunks.least), (enumerate(form), 1))
    ]
    boilerplate = sorted_unique(np.concatenate(counted))
    shown = shown.without(boilerplate)
    found: dict[int, _Hit] = {}
    for number, hit in _hits((text for r in rows for text in r.own_texts), (said, shown)).items():
        found.setdefault(number // TEXTS_PER_ROW, hit._replace(part=number % TEXTS_PER_ROW))
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.chunk:
            places.setdefault(row.place or row.chunk, []).append(place)
    some = list(places.values())
    for number, hit in _hits(
        (rows[group[0]].chunk for group in some), (said.without(boilerplate), shown)
    ).items():
        for place in some[number]:
            found.setdefault(place, hit._replace(part=TEXTS_PER_ROW))
    return {place: _to_overlap(rows[place], held[hit.against], hit) for place, hit in found.items()}


class _Hit(NamedTuple):
    against: int
    start: int  # in words of the text
    length: int  # n-grams in a row
    part: int = 0  # of what a row says, or its chunk


def _hits(texts: Iterable[str], held: tuple[NGramIndex, NGramIndex]) -> dict[int, _Hit]:
    """Return the first run of held-out n-grams of each text, by index of the text."""
    found: dict[int, _Hit] = {}
    for some in hash_ngrams(texts):
        one, other = (h.has(some.hashes) for h in held)
        against = np.where(one >= 0, one, other)
        there = np.flatnonzero(against >= 0)
        owners, firsts = np.unique(some.owners[there], return_index=True)
        for owner, run in zip(
            owners.tolist(), np.split(there, firsts[1:]), strict=False
        ):  # of nothing, split makes one part
            same = some.starts[run] - some.starts[run[0]] == np.arange(len(run))
            length = len(same) if same.all() else int(np.argmin(same))
            found[owner] = _Hit(int(against[run[0]]), int(some.starts[run[0]]), length)
    return found


def _to_overlap(row: ComparedRow, against: ComparedRow, hit: _Hit) -> HeldOutOverlap:
    text = (*row.own_texts, row.chunk)[hit.part]
    n = ngram_length(text)
    where = "the chunk" if hit.part == TEXTS_PER_ROW else "question or answer"
    shared = ngram_words(text)[hit.start : hit.start + hit.length + n - 1]
    rule = f"{n} {'words' if n == NGRAM_WORDS else 'characters'} in a row of {where}"
    return HeldOutOverlap(
        row, against, rule, (" " if n == NGRAM_WORDS else "").join(shared[:MAX_SHOWN_WORDS])
    )


def ngram_words(text: str) -> list[str]:
    """Return the words that n-grams are made of, for display."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def _cut(text: str) -> str:
    return " ".join(text.split()[:MAX_SHOWN_WORDS])
