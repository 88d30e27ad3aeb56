"""Leaks, on random corpora with planted ones: what reaches train.jsonl, by a search of its own, and how a forced leak ends.

    python benchmarks/leaks.py [--corpora 1000] [--seed 0] [--forced 20]

Each corpus has some ten small documents: near-duplicates of one another with words changed, a section that was copied into another
document, a paragraph that many share, and a protected file and a replay file that copy some of the teacher's questions. It goes through
plan, a scripted teacher without fault and every step of `docstill make`, to the files. Then each row of train.jsonl is held against each
held-out, shifted and protected one in plain Python: 13 words in a row of what either says or shows, unless they stand in three families of
documents or more, and one in 20; the same question without a chunk; four fifths of the bigrams of question and answer. Families are known,
as they were planted. Printed: corpora, rows, what was removed by rule, and the leaks that were left, which must be 0.

Forced leaks: sides by lot, with near-duplicates on both, and decontamination left out; and a replay file of nothing but test questions.
Each must end with exit code 1.
"""

import argparse
import contextlib
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from factory import pipeline  # noqa: E402
from factory.core.errors import PromiseBroken  # noqa: E402
from factory.core.recipe import read_recipe  # noqa: E402
from factory.core.records import Document  # noqa: E402
from factory.core.run_folder import Run  # noqa: E402
from factory.dataset import decontaminate  # noqa: E402
from factory.planning import plan  # noqa: E402
from factory.planning.splits.assignment import Division, SplitAssignment, VersionGroupStart  # noqa: E402
from factory.reports.report import Report  # noqa: E402
from factory.tasks.qa import Quoted, Several  # noqa: E402
from factory.teachers import Reply, Request  # noqa: E402
from factory.teachers.rate_limiter import RateLimiter  # noqa: E402

N = 13
SILENT = 0.2  # of the calls bring nothing
RECIPE = """seed = {seed}
[documents]
paths = ["documents"]
[split]
val = 0.15
test = 0.25
protect = ["protected.jsonl"]
[[teachers]]
name = "stub"
model = "compatible/stub"
base_url = "http://127.0.0.1:1/v1"
[[tasks]]
per_chunk = 2
[filters.consistency]
draws = 1
[repair]
rounds = 0
[replay]
share = 0.3
sources = ["replay.jsonl"]
[student]
base = "nowhere/student"
"""
SYLLABLES = "mar row quay hol low bell gar rick osi er tan ner juni per larch wex ford pell dun more finch".split()
VERBS = "wash grease count move store mend paint lend sort carry weigh test".split()
WHAT = "trams doors forms lamps ropes barrels sacks ladders charts bolts crates kettles".split()
SHOWN = re.compile(r"Excerpt \([^\n]*\):\n(?P<chunk>.*)\n\nQuestion: (?P<question>.*?)", re.S)
FACT = re.compile(r"Crews of the ([A-Z]\w+) depot (\w+) (\d+) (\w+) [^.]+\.")


def question(found: re.Match[str]) -> str:
    return f"How many {found[4]} do crews of {found[1]} {found[2]}?"


@dataclass
class Stub:
    """Asks about the facts that it is shown, and answers truly; of some chunks it writes nothing, so that nothing is kept of them."""

    identity: str = "stub"
    sampling: dict[str, object] = field(default_factory=dict)
    rate: RateLimiter = field(default_factory=lambda: RateLimiter(16))

    def size(self, request: Request) -> tuple[int, int]:
        return 1500, 300

    def cached(self, request: Request) -> str:
        return ""

    async def send(self, request: Request, key: str) -> Reply:
        told = [{"question": question(m), "answer": f"{m[3]} {m[4]}", "quotes": [m[0]]} for m in FACT.finditer(request.user)]
        assert issubclass(request.shape, Several) or request.shape is Quoted
        dice = Random(key)
        told = dice.sample(told, min(2, len(told))) if dice.random() > SILENT else []
        return Reply(request.shape.model_validate({"examples": told}), 900, 80)

    async def close(self) -> None:
        pass


@dataclass
class Corpus:
    """Documents by name, the family of each, and what the two files beside them hold."""

    documents: dict[str, str]
    families: dict[str, int]
    replay: list[dict[str, str]]
    protected: list[dict[str, str]]


class Author:
    """Writes the documents of one corpus."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.vocabulary = ["".join(self.dice.choices("abcdefghijklmnoprstuvw", k=self.dice.randint(4, 9))) for _ in range(2000)]
        self.shared = self.section(2)

    def corpus(self) -> Corpus:
        originals = [[self.section() for _ in range(self.dice.randint(1, 3))] for _ in range(self.dice.randint(6, 9))]
        for _ in range(self.dice.randint(0, 2)):  # a section that was copied, and edited
            one, other = self.dice.sample(originals, 2)
            other += [self.edited(self.dice.choice(one)), self.section(), self.section()]
        for sections in originals:
            if self.dice.random() < 0.5:
                sections.insert(0, self.shared)
        named = [("\n\n".join(sections), family) for family, sections in enumerate(originals)]
        named += [(self.edited(text), family) for text, family in self.dice.sample(named, self.dice.randint(1, 3))]
        self.dice.shuffle(named)
        documents = {f"d{number:02}.md": text for number, (text, _) in enumerate(named)}
        families = {f"d{number:02}.md": family for number, (_, family) in enumerate(named)}
        asked = [{"instruction": question(m), "response": f"{m[3]} {m[4]}"} for text, _ in named for m in FACT.finditer(text)]
        general = [{"instruction": f"What is {self.words(3)}?", "response": self.words(4)} for _ in range(60)]
        copied, protected = self.dice.sample(asked, min(3, len(asked))), [{"question": self.dice.choice(asked)["instruction"]}]
        return Corpus(documents, families, unique([*copied, *general]), protected)

    def section(self, facts: int = 4) -> str:
        told = [self.fact() for _ in range(facts)] + [f"{self.words(self.dice.randint(8, 16)).capitalize()}." for _ in range(3)]
        self.dice.shuffle(told)
        return f"## {self.words(2).capitalize()}\n\n{' '.join(told)}"

    def fact(self) -> str:
        name = "".join(self.dice.choices(SYLLABLES, k=3)).capitalize()
        verb, what = self.dice.choice(VERBS), self.dice.choice(WHAT)
        return f"Crews of the {name} depot {verb} {self.dice.randint(11, 99)} {what} {self.words(10)}."

    def words(self, count: int) -> str:
        return " ".join(self.dice.choices(self.vocabulary, k=count))

    def edited(self, text: str) -> str:
        """With one word in 30 replaced."""
        return re.sub(r"\b[a-z]{5,}\b", lambda m: self.words(1) if self.dice.random() < 1 / 30 else m[0], text)


def unique(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({row["instruction"]: row for row in rows}.values())


def made(home: Path, corpus: Corpus, seed: int) -> Report:
    """The run of a corpus in home/run."""
    (home / "documents").mkdir()
    for name, text in corpus.documents.items():
        (home / "documents" / name).write_text(text, encoding="utf-8")
    for name, rows in (("replay.jsonl", corpus.replay), ("protected.jsonl", corpus.protected)):
        (home / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (home / "recipe.toml").write_text(RECIPE.format(seed=seed), encoding="utf-8")
    recipe, text = read_recipe(home / "recipe.toml")
    order = pipeline.MakeJob(recipe, text, home, Run(home / "run"), home / "run" / "ledger.db")
    ears = pipeline.Events(lambda _: None, lambda _: None, lambda _: None, lambda _: None)
    with patch.object(pipeline, "teacher_of", lambda *_: Stub()):
        return pipeline.make(order, ears)


@dataclass
class Row:
    """One row as the search reads it."""

    id: str
    texts: tuple[str, ...]  # instruction, response, chunk
    chunk: str

    def words(self, text: str) -> list[str]:
        return [bare for word in text.lower().split() if (bare := word.strip(".,?!#\"'"))]

    def grams(self, text: str) -> set[tuple[str, ...]]:
        words = self.words(text)
        return {tuple(words[i : i + N]) for i in range(len(words) - N + 1)}

    def bigrams(self) -> set[tuple[str, ...]]:
        words = self.words(" ".join(self.texts[:2]))
        return set(zip(words, words[1:], strict=False))


def leaks(home: Path, corpus: Corpus) -> list[tuple[str, str, str]]:
    """Pairs of a training row and a held-out one that share what they must not."""
    run = home / "run"
    lines = [json.loads(line) for line in (run / "kept.jsonl").read_text().splitlines()]
    train = [json.loads(line) for line in (run / "train.jsonl").read_text().splitlines()]
    trained = {row["meta"]["id"] for row in train}
    texts = {line["id"]: _row(run, line) for line in lines}
    mine = [texts[line["id"]] for line in lines if line["id"] in trained]
    mine += [
        Row(row["meta"]["id"], (row["messages"][-2]["content"], row["messages"][-1]["content"]), "")
        for row in train
        if row["meta"]["source"] == "replay"
    ]
    held = [texts[line["id"]] for line in lines if line["split"] != "train"]
    held += [Row(f"protected {i}", (row["question"], ""), "") for i, row in enumerate(corpus.protected)]
    held += [_shown(json.loads(line)) for line in (run / "test_shift.jsonl").read_text().splitlines()]
    shared = boilerplate(run, corpus, mine[0] if mine else Row("", (), ""))
    return [(one.id, other.id, why) for one in mine for other in held if (why := _leak(one, other, shared))]


def _row(run: Path, line: dict[str, object]) -> Row:
    document, chunk = line["document"], line["chunk"]
    assert isinstance(document, dict)
    assert isinstance(chunk, dict)
    text = (run / "documents" / f"{document['digest']}.txt").read_text(encoding="utf-8")[chunk["start"] : chunk["end"]]
    return Row(str(line["id"]), (str(line["instruction"]), str(line["response"])), text)


def _shown(line: dict[str, Any]) -> Row:
    """A row of the shifted test, by the words that the student is shown: some are in no other file."""
    found = SHOWN.fullmatch(line["messages"][-2]["content"])
    assert found
    return Row(line["meta"]["id"], (found["question"], line["messages"][-1]["content"]), found["chunk"])


def boilerplate(run: Path, corpus: Corpus, reader: Row) -> set[tuple[str, ...]]:
    """What stands in so many families."""
    found: dict[tuple[str, ...], set[int]] = {}
    for name, text in corpus.documents.items():
        for gram in reader.grams(text):
            found.setdefault(gram, set()).add(corpus.families[name])
    least = max(3, len(set(corpus.families.values())) / 20)
    return {gram for gram, families in found.items() if len(families) >= least}


def _leak(one: Row, other: Row, shared: set[tuple[str, ...]]) -> str:
    for mine in (*one.texts, one.chunk):
        for theirs in (*other.texts, other.chunk):
            common = one.grams(mine) & other.grams(theirs)
            if common - (shared if one.chunk == mine or other.chunk == theirs else set()):
                return "words in a row"
    if not (one.chunk and other.chunk) and one.words(one.texts[0]) == one.words(other.texts[0]):
        return "question"
    mine, theirs = one.bigrams(), other.bigrams()
    return "nearly the same" if other.texts[1] and len(mine & theirs) >= 0.8 * len(mine | theirs) else ""


@contextlib.contextmanager
def sides_by_lot(seed: int) -> Iterator[None]:
    """Splitting and decontamination switched off: what a run without them would write."""

    def lot(documents: Sequence[Document], *_: object) -> SplitAssignment:
        dice = Random(seed)
        sides = [("test", "val", "train", "train")[dice.randrange(4) if n > 3 else n] for n in range(len(documents))]
        groups = {d.ref.digest: (VersionGroupStart(0, n),) for n, d in enumerate(documents)}
        given = {d.ref.digest: side for d, side in zip(documents, sides, strict=True)}
        return SplitAssignment(given, division=Division(versions=len(documents)), groups=groups)  # type: ignore[arg-type]

    with patch.object(plan, "divided", lot), patch.object(decontaminate.LeakGuard, "judge", lambda *_: {}):
        yield


def broken(report: Report) -> bool:
    try:
        report.decontamination.must_hold()
    except PromiseBroken:
        return True
    return False


def searched(seed: int) -> tuple[Report, list[tuple[str, str, str]]]:
    corpus = Author(seed).corpus()
    with tempfile.TemporaryDirectory() as folder:
        report = made(Path(folder), corpus, seed)
        return report, leaks(Path(folder), corpus)


def replay_of_the_test(seed: int) -> Report:
    """The report of a second run, whose replay file holds nothing but the test questions of the first."""
    corpus = Author(seed).corpus()
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        made(Path(first), corpus, seed)
        kept = [json.loads(line) for line in (Path(first) / "run" / "kept.jsonl").read_text().splitlines()]
        corpus.replay = unique([{"instruction": e["instruction"], "response": e["response"]} for e in kept if e["split"] == "test"])
        return made(Path(second), corpus, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forced", type=int, default=20)
    told = parser.parse_args()
    counts, by, left, beyond = Counter[str](), Counter[str](), 0, 0
    for seed in range(told.seed, told.seed + told.corpora):
        report, found = searched(seed)
        clean = report.decontamination
        counts.update(trained=clean.compared - clean.removed, removed=clean.removed, replay_removed=clean.replay.removed)
        by.update(clean.by)
        beyond += broken(report)
        left += len(found)
        for leak in found:
            print(f"corpus {seed}: leak {leak}", flush=True)
    print(f"{told.corpora} corpora: {dict(counts)}; by rule {dict(by)}; {beyond} ended with 1; {left} leaks reached train")
    ended: dict[str, list[int]] = {"splitting and decontamination off": [], "replay copies": []}
    for seed in range(told.seed, told.seed + told.forced):
        with sides_by_lot(seed):
            report, found = searched(seed)
        if found:
            ended["splitting and decontamination off"].append(broken(report))
        ended["replay copies"].append(broken(replay_of_the_test(seed)))
    for what, codes in ended.items():
        print(f"forced, {what}: {sum(codes)} of {len(codes)} with a leak ended with 1")
    raise SystemExit(left > 0 or not all(all(codes) for codes in ended.values()))


if __name__ == "__main__":
    main()
