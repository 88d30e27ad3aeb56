"""Examples a second on one core, growth and peak memory: schema, grounding by code, MinHash and the whole of `docstill dedup`.

Run: `python benchmarks/filters.py` (`--parts near,loop,bulk --sizes 1000,10000,100000`); needs datasketch. Every measurement is a process
of its own; seconds are of its processor, so that what else the machine does counts little. Examples are made by seed: words of the
sample client's documents as often as there; 15 % of the texts are an earlier one with up to four words replaced.
`near`, `recall` and datasketch (`loop`, `bulk`) look for Jaccard 0.7 over word 5-grams; `dedup` is the command as it comes, over word
bigrams at 0.6, with its guards.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from factory.core.records import Chunk, DocumentRef, Example, Span, digest  # noqa: E402
from factory.standalone.dedup_rows import dedup  # noqa: E402
from filters.duplicates.minhash import find_near_pairs  # noqa: E402
from filters.grounding.grounding import grounding  # noqa: E402
from filters.schema.schema import schema  # noqa: E402
from filters.text.segment import words  # noqa: E402

JACCARD, GRAM, PERMUTATIONS = 0.7, 5, 128
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SLOW = {"loop": 100_000, "bulk": 100_000, "recall": 100_000}  # the largest size of these parts
DOCUMENTS = ROOT / "data" / "documents"


@dataclass(frozen=True)
class Measured:
    """Of one part at one size: processor seconds, and megabytes at the peak, with those that stood before it began."""

    seconds: float
    peak: int
    before: int
    said: str = ""


def texts(count: int, seed: int = 0) -> Iterator[str]:
    """20 to 70 words each."""
    random, pool = Random(seed), _pool()
    recent: list[list[str]] = []
    for _ in range(count):
        if recent and random.random() < 0.15:
            found = list(random.choice(recent))
            for _ in range(random.randint(0, 4)):
                found[random.randrange(len(found))] = random.choice(pool)
        else:
            found = random.choices(pool, k=random.randint(20, 70))
        if len(recent) < 1_000:
            recent.append(found)
        else:
            recent[random.randrange(1_000)] = found
        yield f"{' '.join(found).capitalize()}."


def _pool() -> list[str]:
    """Every word of the sample client's documents, as often as it stands there; so no 5-gram of the made texts is frequent."""
    return [w for path in sorted(DOCUMENTS.rglob("*.*")) if path.is_file() for w in words(path.read_text(encoding="utf-8"))]


def examples(count: int, seed: int = 0) -> Iterator[Example]:
    """Three in four are as they should be; the answer of every fourth names another number than its evidence."""
    random, pool = Random(seed), [w for w in _pool() if w.isalpha() and len(w) > 3]
    for i in range(count):
        if not i % 3:  # three examples a chunk
            names = [" ".join(random.choices(pool, k=3)) for _ in range(6)]
            days = [random.randint(2, 90) for _ in names]
            verbs, ends = random.choices(pool, k=6), random.choices(pool, k=6)
            lines = [f"The {names[j]} must be {verbs[j]} within {days[j]} days of {ends[j]}." for j in range(6)]
            text = " ".join(lines)
            chunk = Chunk(digest=digest(text), document=DocumentRef(digest="d", name="made.md"), start=0, end=len(text), text=text)
        at = i % 3
        start = text.index(lines[at])
        yield Example(
            id=str(i),
            task="qa",
            instruction=f"Within how many days must the {names[at]} be {lines[at].split()[6]}?",
            response=f"The {names[at]} must be so within {days[at] + (i % 4 == 3)} days.",
            chunk=chunk,
            spans=(Span(start=start, end=start + len(lines[at]), text=lines[at]),),
        )


def _judged(judge: Callable[[Example], object], count: int) -> tuple[float, str]:
    """Only the judging counts, not the making of examples."""
    seconds, rest, passed = 0.0, examples(count), 0
    while batch := list(islice(rest, 1_000)):
        begun = time.process_time()
        verdicts = [judge(e) for e in batch]
        seconds += time.process_time() - begun
        passed += sum(v.passed for v in verdicts)
    return seconds, f"{passed / count:.1%} passed"


def _near(count: int) -> tuple[float, str]:
    rows = list(texts(count))
    begun = time.process_time()
    found = find_near_pairs(rows, JACCARD, GRAM)
    return time.process_time() - begun, f"{len(found.later):,} pairs, {(found.copies >= 0).sum():,} copies"


def _recall(count: int) -> tuple[float, str]:
    """The candidate stage against every pair that truly is near, copies with the pairs of their first."""
    rows = list(texts(count))
    begun = time.process_time()
    found = find_near_pairs(rows, JACCARD, GRAM)
    seconds = time.process_time() - begun
    same: dict[int, list[int]] = {i: [i] for i, first in enumerate(found.copies.tolist()) if first < 0}
    for i, first in enumerate(found.copies.tolist()):
        if first >= 0:
            same[first].append(i)
    pairs = {frozenset((a, b)) for i, j in zip(found.later.tolist(), found.earlier.tolist(), strict=True) for a in same[i] for b in same[j]}
    pairs |= {frozenset((a, b)) for group in same.values() for a in group for b in group if a != b}
    return seconds, _score(pairs, _truth(rows))


def _score(pairs: set[frozenset[int]], truth: set[frozenset[int]]) -> str:
    both = len(pairs & truth)
    return f"{len(truth):,} true pairs, recall {both / max(1, len(truth)):.4f}, precision {both / max(1, len(pairs)):.4f}"


def _truth(rows: Sequence[str]) -> set[frozenset[int]]:
    """Exact, by an index of all n-grams."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sets = [_grams(row) for row in rows]
    truth: set[frozenset[int]] = set()
    for i, grams in enumerate(sets):
        shared = Counter(j for gram in grams for j in holders[gram])
        truth |= {frozenset((i, j)) for j, n in shared.items() if n >= JACCARD * (len(grams) + len(sets[j]) - n)}
        for gram in grams:
            holders[gram].append(i)
    return truth


def _grams(row: str) -> set[tuple[str, ...]]:
    found = words(row)
    return {tuple(found[i : i + GRAM]) for i in range(max(1, len(found) - GRAM + 1))}


def _bytes(row: str) -> set[bytes]:
    return {" ".join(gram).encode() for gram in _grams(row)}


def _loop(count: int) -> tuple[float, str]:
    """As datasketch's manual writes it."""
    from datasketch import MinHash, MinHashLSH

    rows = list(texts(count))
    begun = time.process_time()
    index, pairs = MinHashLSH(threshold=JACCARD, num_perm=PERMUTATIONS), set()
    for i, row in enumerate(rows):
        hashed = MinHash(num_perm=PERMUTATIONS)
        for gram in _bytes(row):
            hashed.update(gram)
        pairs |= {frozenset((i, j)) for j in index.query(hashed)}
        index.insert(i, hashed)
    return time.process_time() - begun, f"{len(pairs):,} pairs, not verified"


def _bulk(count: int) -> tuple[float, str]:
    """Its bulk path: signatures by MinHash.generator, insertions in one session."""
    from datasketch import MinHash, MinHashLSH

    rows = list(texts(count))
    begun = time.process_time()
    index, pairs = MinHashLSH(threshold=JACCARD, num_perm=PERMUTATIONS), set()
    hashes = list(MinHash.generator((_bytes(row) for row in rows), num_perm=PERMUTATIONS))
    with index.insertion_session() as session:
        for i, hashed in enumerate(hashes):
            session.insert(i, hashed)
    for i, hashed in enumerate(hashes):
        pairs |= {frozenset((i, j)) for j in index.query(hashed) if j != i}
    seconds = time.process_time() - begun
    return seconds, _score(pairs, _truth(rows))


def _dedup(count: int) -> tuple[float, str]:
    """From file to file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        with path.open("w", encoding="utf-8") as file:
            for i, text in enumerate(texts(count)):
                cut = text.index(" ", len(text) // 3)
                file.write(json.dumps({"id": i, "instruction": text[:cut], "response": text[cut + 1 :]}) + "\n")
        begun = time.process_time()
        found = dedup(path, Path(folder, "out.jsonl"))
        return time.process_time() - begun, f"{found.repeated:,} repeat an earlier one"


PARTS: dict[str, Callable[[int], tuple[float, str]]] = {
    "schema": partial(_judged, schema),
    "grounding": partial(_judged, grounding),
    "near": _near,
    "recall": _recall,
    "dedup": _dedup,
    "loop": _loop,
    "bulk": _bulk,
}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def one(part: str, count: int) -> Measured:
    before = _peak()
    seconds, said = PARTS[part](count)
    return Measured(seconds, _peak(), before, said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(asdict(one(arguments.one[0], int(arguments.one[1])))))
        return
    print(f"{'part':10}  {'examples':>9}  {'seconds':>8}  {'a second':>9}  {'peak MB':>7}")
    for part in arguments.parts.split(","):
        for size in (int(n) for n in arguments.sizes.split(",")):
            if size <= SLOW.get(part, size):
                _print(part, size)


def _print(part: str, size: int) -> None:
    done = subprocess.run([sys.executable, __file__, "--one", part, str(size)], capture_output=True, text=True, check=True)
    m = Measured(**json.loads(done.stdout))
    print(f"{part:10}  {size:9,}  {m.seconds:8.2f}  {size / m.seconds:9,.0f}  {m.peak:7,}  {m.said}", flush=True)


if __name__ == "__main__":
    main()
