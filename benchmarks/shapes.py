"""What schema rejects: labelled examples by the kind of their fault, and good questions with answers of people.

    python benchmarks/shapes.py [QUESTIONS.csv]

The labelled examples were written with the filter in mind, and it was mended by their misses: they show that it does what it
says, not how often a teacher's faults are found. A CSV file needs the columns question and answer, all of them good.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one

from factory.core.records import Chunk, DocumentRef, Example, digest  # noqa: E402
from filters.schema.schema import schema  # noqa: E402

SHAPES = ROOT / "tests" / "filters" / "shapes.jsonl"
GOLD = ROOT / "data" / "gold" / "demo.jsonl"


def example(question: str, answer: str, source: str) -> Example:
    document = DocumentRef(digest=digest(source), name="source")
    chunk = Chunk(digest=digest(source), document=document, start=0, end=len(source), text=source)
    return Example(id="1", task="qa", instruction=question, response=answer, chunk=chunk)


def _good(name: str, examples: Iterable[Example]) -> None:
    judged = [(e, schema(e)) for e in examples]
    rejected = [(e, v) for e, v in judged if not v.passed]
    print(f"{name}: {len(rejected)} of {len(judged)} good examples rejected")
    for e, v in rejected:
        print(f"  {e.instruction} | {e.response[:60]} | {v.reason}")


def main() -> None:
    rows = [json.loads(line) for line in SHAPES.read_text(encoding="utf-8").splitlines()]
    wrong: Counter[str] = Counter()
    for row in rows:
        verdict = schema(example(row["question"], row["answer"], row["source"]), closed_book=row["closed_book"])
        if verdict.passed == bool(row["fault"]):
            wrong[row["fault"]] += 1
            print(f"  {row['fault'] or 'good'}: {row['question']} | {row['answer'][:60]} | {verdict.reason or 'passed'}")
    for fault, n in Counter(row["fault"] for row in rows).items():
        print(f"{fault or 'good':12} {wrong[fault]:3} of {n:3} {'missed' if fault else 'rejected'}")
    gold = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    documents = {row["document"]: (ROOT / "data" / "documents" / row["document"]).read_text(encoding="utf-8") for row in gold}
    _good("demo gold", (example(r["instruction"], r["response"], documents[r["document"]]) for r in gold))
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8", newline="") as file:
            _good(path, [example(r["question"].strip(), r["answer"], r["answer"]) for r in csv.DictReader(file)])


if __name__ == "__main__":
    main()
