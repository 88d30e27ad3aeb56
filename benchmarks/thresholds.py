"""Decontamination's thresholds: what each finds of planted copies, and what it removes that is none.

    python benchmarks/thresholds.py --data ../shared/data --unspaced FOLDER:FOLDER [...]

`examples`: gold questions of the sample client, planted by docstill's own planter as near copies, as rewordings and with another fact,
and sentence pairs that people called the same or not (MSRP, `--data`/dedup). By Jaccard similarity of their words alone, and of those
that say the same beside (`with facts`), the share that is removed; of rows that show a chunk by question and answer, of rows without one
(`alone`) by the question as well.
`words`: passages of documents put into chunks of another source, whole or with words exchanged; by words of an n-gram, the share found.
Last, chunks of one source against all of another one, into which nothing was put: each one removed is a false one.
`characters`: the same for scripts without spaces. Each pair of folders holds Markdown in one language, of two sources.
`speed`: 100,000 rows, seconds of one processor.
"""

import argparse
import csv
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from factory.audit.planted_duplicates import different_facts, near_duplicates, reworded_duplicates  # noqa: E402
from factory.audit.text_reading import Subject  # noqa: E402
from factory.core.records import Chunk, DocumentRef, Example, Span, digest  # noqa: E402
from factory.documents.reader import normalise  # noqa: E402
from filters.duplicates import decontamination, ngrams  # noqa: E402
from filters.duplicates.decontamination import ComparedRow, CorpusChunks, find_overlaps  # noqa: E402
from filters.text.segment import UNSPACED  # noqa: E402

JACCARDS = (0.5, 0.6, 0.7, 0.8, 0.9)
NEVER = 1.01
WINDOW = 120  # words of a chunk
LEAST = 50  # chunks of a source
PLANTED = 500  # of a length and a rate
NO_TEXT = ("SOURCE.txt", "LICENSE.md", "license.md")
CODE = re.compile(r"```.*?```|`[^`\n]*`|<[^>\n]*>|\{[^}\n]*\}|https?://\S+|\]\([^)]*\)", re.S)
PROSE = re.compile(rf"[{UNSPACED}]")


def compared(id: int, source: str, instruction: str = "", response: str = "", chunk: str = "") -> ComparedRow:
    return ComparedRow(str(id), source, instruction, response, chunk, bare=False)


def removed(rows: Sequence[ComparedRow], held: Sequence[ComparedRow]) -> float:
    return len(find_overlaps(rows, held)) / max(1, len(rows))


def subjects() -> Iterator[Subject]:
    """The gold questions of the sample client, each with the text of its document."""
    for line in (ROOT / "data" / "gold" / "demo.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = normalise((ROOT / "data" / "documents" / row["document"]).read_text(encoding="utf-8"))
        chunk = Chunk(
            digest=digest(text), document=DocumentRef(digest=digest(text), name=row["document"]), start=0, end=len(text), text=text
        )
        spans = tuple(Span.model_validate(span) for span in row["spans"])
        asked = Example(id=row["id"], task="qa", instruction=row["instruction"], response=row["response"], chunk=chunk, spans=spans)
        yield Subject(asked, text)


def examples(data: Path, seed: int) -> None:
    gold = list(subjects())
    held = [compared(n, "test", s.example.instruction, s.example.response) for n, s in enumerate(gold)]
    sets: dict[str, tuple[list[ComparedRow], list[ComparedRow]]] = {}
    for name, change in (("near copies", near_duplicates), ("rewordings", reworded_duplicates), ("another fact", different_facts)):
        dice = Random(seed)
        made = [pair for subject in gold for pair, _ in change(subject, dice)]
        sets[name] = [compared(n, "train", pair.question, pair.answer) for n, pair in enumerate(made)], held
    sets["other questions"] = held[::2], held[1::2]
    for file in sorted((data / "dedup" / "msrp").glob("msr_paraphrase_*.txt")):
        with file.open(encoding="utf-8-sig") as opened:
            pairs = [(r[0] == "1", r[3], r[4]) for r in csv.reader(opened, delimiter="\t", quoting=csv.QUOTE_NONE) if r[0] in "01"]
        for same in (True, False):
            some = [(one, other) for alike, one, other in pairs if alike == same]
            first, second = ([compared(n, "x", pair[i], "yes") for n, pair in enumerate(some)] for i in (0, 1))
            sets[f"{file.stem.rpartition('_')[2]}: {'same' if same else 'not the same'}"] = first, second
    print(f"{'Jaccard':42} {'rows':>6}  {'  '.join(f'{j:>6}' for j in JACCARDS)}")
    for name, (rows, against) in sets.items():
        for how, off in (("words", "REWORDED_JACCARD"), ("with facts", "COPY_JACCARD")):
            for bare in (False, True):
                told = "  ".join(f"{share:6.3f}" for share in _by_jaccard(rows, against, off, bare))
                print(f"{name}, {how}{', alone' if bare else ''}".ljust(42), f"{len(rows):6,}  {told}", flush=True)


def _by_jaccard(rows: Sequence[ComparedRow], held: Sequence[ComparedRow], off: str, bare: bool) -> Iterator[float]:
    """What is removed at each threshold of one rule, the other one being off."""
    mine, theirs = ([one._replace(bare=bare) for one in some] for some in (rows, held))
    for jaccard in JACCARDS:
        values = {"COPY_JACCARD": jaccard, "REWORDED_JACCARD": jaccard, off: NEVER}
        with patch.multiple(decontamination, **values):
            yield removed(mine, theirs)


def windows(folder: Path, parts: Callable[[str], list[str]], size: int, joint: str) -> list[str]:
    """Chunks of so many parts of every text below a folder, each once."""
    found: dict[str, None] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".txt") and p.name not in NO_TEXT):
        told = parts(path.read_text(encoding="utf-8", errors="replace"))
        found |= {joint.join(told[at : at + size]): None for at in range(0, len(told) - size + 1, size)}
    return list(found)


def prose(text: str) -> list[str]:
    """The characters of the lines that are mostly of a script without spaces, less code and links."""
    lines = (line for line in CODE.sub("", text).splitlines() if 2 * len(PROSE.findall(line)) > len(line.strip()))
    return [c for line in lines for c in line if not c.isspace()]


@dataclass(frozen=True)
class Script:
    """How its texts are cut, which setting is its n-gram, and the passages that are planted: how long, how much of them exchanged."""

    name: str
    setting: str
    joint: str
    sizes: tuple[int, ...]
    passages: tuple[tuple[int, float], ...]

    def cut(self, text: str) -> list[str]:
        return text.split() if self.joint else list(text)


SPACED = Script("words", "NGRAM_WORDS", " ", (8, 10, 13, 16, 20), ((13, 0), (20, 0), (20, 0.05), (40, 0.05), (40, 0.1)))
SOLID = Script("characters", "NGRAM_CHARACTERS", "", (10, 15, 20, 25, 30, 40), ((30, 0), (45, 0), (45, 0.05), (90, 0.05), (90, 0.1)))


def planted(own: Sequence[str], held: Sequence[str], script: Script, passage: tuple[int, float], dice: Random) -> list[ComparedRow]:
    """Chunks with a passage of a held one in their middle, each word or character of it exchanged at the rate."""
    (count, rate), rows = passage, list[ComparedRow]()
    for n in range(PLANTED):
        mine, theirs = (script.cut(dice.choice(texts)) for texts in (own, held))
        at = dice.randrange(len(theirs) - count + 1)
        copied = [dice.choice(mine) if dice.random() < rate else part for part in theirs[at : at + count]]
        middle = len(mine) // 2
        rows.append(compared(n, "train", chunk=script.joint.join([*mine[:middle], *copied, *mine[middle:]])))
    return rows


def lengths(pairs: Sequence[tuple[list[str], list[str]]], script: Script, seed: int) -> None:
    """By length of an n-gram: what is found of planted passages, and what is removed of chunks that hold none."""
    told = "  ".join(f"{count}{f' -{rate:.0%}' if rate else ''}".rjust(8) for count, rate in script.passages)
    print(f"{script.name:10}  {told}  removed of others")
    for size in script.sizes:
        with patch.object(ngrams, script.setting, size):
            print(f"{size:10}  {'  '.join(_row(pairs, script, seed))}", flush=True)


def _row(pairs: Sequence[tuple[list[str], list[str]]], script: Script, seed: int) -> Iterator[str]:
    dice = Random(seed)
    held = [[compared(n, "test", chunk=text) for n, text in enumerate(theirs)] for _, theirs in pairs]
    for passage in script.passages:
        found = [removed(planted(*pair, script, passage, dice), against) for pair, against in zip(pairs, held, strict=True)]
        yield f"{sum(found) / len(found):8.3f}"
    rows = [[compared(n, "train", chunk=text) for n, text in enumerate(own)] for own, _ in pairs]
    wrong = [round(removed(*both) * len(both[0])) for both in zip(rows, held, strict=True)]
    yield f"{sum(wrong)} of {sum(map(len, rows)):,}"


def words(data: Path, seed: int) -> None:
    """Each source against the next one."""
    folders = sorted(folder for folder in (data / "documents").iterdir() if folder.is_dir())
    found = [some for folder in folders if len(some := windows(folder, str.split, WINDOW, " ")) > LEAST]
    lengths(list(zip(found, found[1:], strict=False)), SPACED, seed)


def characters(pairs: Sequence[str], seed: int) -> None:
    folders = [pair.split(":") for pair in pairs]
    lengths([(windows(Path(a), prose, 2 * WINDOW, ""), windows(Path(b), prose, 2 * WINDOW, "")) for a, b in folders], SOLID, seed)


def speed(seed: int) -> None:
    """Three questions a chunk; the words are those of the sample client's documents, as often as there."""
    dice = Random(seed)
    pool = [w for path in sorted((ROOT / "data" / "documents").rglob("*.md")) for w in path.read_text(encoding="utf-8").split()]
    chunks = [" ".join(dice.choices(pool, k=WINDOW)) for _ in range(37_000)]
    every = [
        ComparedRow(str(n), "", " ".join(dice.choices(pool, k=12)), " ".join(dice.choices(pool, k=6)), chunks[n // 3], str(n // 3))
        for n in range(3 * len(chunks))
    ]
    rows, held = every[:100_000], every[100_000:]
    begun = time.process_time()
    found = find_overlaps(rows, held, CorpusChunks(lambda: enumerate(chunks), len(chunks)))
    print(f"{len(rows):,} rows against {len(held):,}: {time.process_time() - begun:.1f} s of one processor, {len(found)} removed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--unspaced", nargs="*", default=[])
    parser.add_argument("--parts", default="examples,words,characters,speed")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    run = {
        "examples": lambda: examples(told.data, told.seed),
        "words": lambda: words(told.data, told.seed),
        "characters": lambda: characters(told.unspaced, told.seed),
        "speed": lambda: speed(told.seed),
    }
    for part in told.parts.split(","):
        run[part]()


if __name__ == "__main__":
    main()
