"""Rehearsals on gold of several kinds, and whether they hold what is demanded.

    python benchmarks/rehearsals.py FOLDER [--slots 1000] [--seed 0] [--only qa extraction classification tool_call] [--ablate]

FOLDER holds the public data: gold/kleister_nda/train.jsonl and gold/banking77/{train.csv,categories.json}; the questions and answers
are those of the demo. Gold rows and recipes are written to a temporary folder. Of the agreements only excerpts are asked about: the
passages in which the gold values stand, found here by their words; where one is not found, the agreement is left out and counted.
Calls file the same agreements, with these values as arguments. Every filter's contribution is measured by leaving it out (--ablate:
five times the work).
"""

import argparse
import csv
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from rich.console import Console  # noqa: E402

from factory.commands.progress import ProgressDisplay  # noqa: E402
from factory.rehearsal import Rehearsal, rehearse  # noqa: E402
from factory.rehearsal.setup import RehearsalSettings  # noqa: E402
from factory.rehearsal.tables import rehearsal_tables  # noqa: E402

Row = dict[str, object]
TEXTS = 350  # of 10,003 short ones, evenly over the file and so over the labels: three passes make 1,000 slots
AROUND = 160  # characters on either side of a value that its excerpt holds
HEAD = """seed = 7
[documents]
paths = ["."]
[[teachers]]
name = "rehearsal"
model = "compatible/any"
base_url = "http://127.0.0.1/v1"
[student]
base = "nowhere/student"
[[tasks]]
"""
FIELDS = """kind = "extraction"
fields = [
  { name = "effective_date", type = "date", description = "the date from which the agreement holds" },
  { name = "jurisdiction", type = "string", description = "the state or country whose law governs the agreement" },
  { name = "party", type = "list", description = "the parties to the agreement" },
  { name = "term", type = "string", description = "how long the obligations last" },
]
"""
FILING = """kind = "tool_call"
[[tasks.functions]]
name = "file_agreement"
description = "Files an agreement under its parties"
[tasks.functions.parameters]
type = "object"
properties.party = { type = "array", items = { type = "string" } }
properties.effective_date = { type = "string", format = "date" }
properties.jurisdiction = { type = "string" }
properties.term = { type = "string", description = "how long the obligations last" }
required = ["party"]
[[tasks.functions]]
name = "set_reminder"
description = "Reminds the person who asks on a day"
[tasks.functions.parameters]
type = "object"
properties.date = { type = "string", format = "date" }
properties.text = { type = "string" }
required = ["date", "text"]
[[tasks.functions]]
name = "find_agreements"
description = "Lists the agreements under the law of a state or country"
[tasks.functions.parameters]
type = "object"
properties.jurisdiction = { type = "string" }
required = ["jurisdiction"]
"""
FILE = "Please file the agreement with {}, with date, law and term."
MONTHS = "January February March April May June July August September October November December".split()
COUNTS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen".split()


def qa(_: Path, __: Path) -> tuple[Path, Path]:
    return ROOT / "data/recipes/vllm.toml", ROOT / "data/gold/demo.jsonl"


def classification(data: Path, folder: Path) -> tuple[Path, Path]:
    labels = json.loads((data / "gold/banking77/categories.json").read_text())
    with (data / "gold/banking77/train.csv").open(encoding="utf-8") as file:
        texts = list(csv.DictReader(file))
    some = [texts[i * len(texts) // TEXTS] for i in range(TEXTS)]
    rows: list[Row] = [
        {"id": f"b{i}", "task": "classification", "response": t["category"], "chunk": t["text"].strip()} for i, t in enumerate(some)
    ]
    listed = ", ".join(f'{{ name = "{label}" }}' for label in labels)
    return written(folder, f'kind = "classification"\nlabels = [{listed}]\n', rows)


def extraction(data: Path, folder: Path) -> tuple[Path, Path]:
    lines = (data / "gold/kleister_nda/train.jsonl").read_text(encoding="utf-8").splitlines()
    found = [excerpt(number, json.loads(line)) for number, line in enumerate(lines)]
    rows = [row for row in found if row]
    print(f"extraction: {len(rows)} of {len(found)} agreements; the others state a gold value in words that are not found")
    return written(folder, FIELDS, rows)


def tool_call(data: Path, folder: Path) -> tuple[Path, Path]:
    """The request names a party; what it leads to stands in the excerpt."""
    lines = (data / "gold/kleister_nda/train.jsonl").read_text(encoding="utf-8").splitlines()
    found = [row for number, line in enumerate(lines) if "party" in json.loads(line)["gold"] and (row := excerpt(number, json.loads(line)))]
    filed = [{"name": "file_agreement", "arguments": row["response"]} for row in found]
    asked = [FILE.format(row["response"]["party"][-1]) for row in found]
    calls = [{**row, "task": "tool_call", "instruction": q, "response": call} for row, q, call in zip(found, asked, filed, strict=True)]
    return written(folder, FILING, calls)


def written(folder: Path, task: str, rows: list[Row]) -> tuple[Path, Path]:
    recipe, gold = folder / "recipe.toml", folder / "gold.jsonl"
    recipe.write_text(HEAD + task, encoding="utf-8")
    gold.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return recipe, gold


def excerpt(number: int, agreement: dict[str, object]) -> dict[str, Any] | None:
    """The passages in which the values stand, in their order, with a span for each value; None where one is not found."""
    text = str(agreement["text"])
    gold = agreement["gold"]
    assert isinstance(gold, dict)
    places: list[tuple[str, int, int]] = []
    for field, values in gold.items():
        for value in values if field == "party" else values[:1]:
            place = next(WAYS[field](text, value), None)
            if place is None:
                return None
            places.append((field, *place))
    response = {field: values if field == "party" else values[0] for field, values in gold.items()}
    chunk, spans = cut(text, places)
    return {"id": f"k{number}", "task": "extraction", "response": response, "chunk": chunk, "spans": spans}


def cut(text: str, places: list[tuple[str, int, int]]) -> tuple[str, list[Row]]:
    windows: list[tuple[int, int]] = []
    for start, end in sorted(wide(text, start, end) for _, start, end in places):
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
        else:
            windows.append((start, end))
    chunk, spans = "", []
    for start, end in windows:
        piece = text[start:end].strip()
        shift = len(chunk) - text.index(piece, start)
        chunk += f"{piece}\n\n"
        inside = [(f, a, b) for f, a, b in places if start <= a and b <= end]
        spans += [{"start": a + shift, "end": b + shift, "text": text[a:b], "field": f} for f, a, b in inside]
    return chunk.strip(), spans


def wide(text: str, start: int, end: int) -> tuple[int, int]:
    """Some words around, cut at white space."""
    left, right = max(0, start - AROUND), min(len(text), end + AROUND)
    while left and not text[left - 1].isspace():
        left -= 1
    while right < len(text) and not text[right].isspace():
        right += 1
    return left, right


def party(text: str, value: str) -> Iterator[tuple[int, int]]:
    words = [r"(?:and|&)" if w == "and" else re.escape(w) for w in re.findall(r"\w+", value)]
    name = r"[\W_]{0,4}".join(words)
    return (m.span() for m in re.finditer(rf"(?<!\w){name}(?!\w)\.?", text, re.I))


def jurisdiction(text: str, value: str) -> Iterator[tuple[int, int]]:
    places = [m.span() for m in re.finditer(rf"\b{re.escape(value)}\b", text, re.I)]
    return iter(sorted(places, key=lambda place: not re.search(r"govern|law", text[max(0, place[0] - 120) : place[0]], re.I)))


def effective_date(text: str, value: str) -> Iterator[tuple[int, int]]:
    year, month, day = (int(part) for part in value.split("-"))
    name, ordinal = MONTHS[month - 1], rf"{day}(?:st|nd|rd|th)?"
    ways = (
        rf"{name}\s+{ordinal}\s*,?\s+{year}",
        rf"{ordinal}\s+(?:day\s+)?(?:of\s+)?{name}\s*,?\s+{year}",
        rf"\b0?{month}[/.-]0?{day}[/.-](?:{year}|{year % 100:02d})\b",
    )
    return (m.span() for way in ways for m in re.finditer(way, text, re.I))


def term(text: str, value: str) -> Iterator[tuple[int, int]]:
    count, unit = value.split(maxsplit=1)
    word = COUNTS[int(count)] if count.isdigit() and int(count) < len(COUNTS) else count
    return (m.span() for m in re.finditer(rf"\b(?:{word}|{count})\b(?:\W{{0,3}}\(?{count}\)?)?[\s-]*{unit.rstrip('s')}s?\b", text, re.I))


WAYS = {"party": party, "jurisdiction": jurisdiction, "effective_date": effective_date, "term": term}
KINDS = {"qa": qa, "extraction": extraction, "classification": classification, "tool_call": tool_call}


def demands(found: Rehearsal) -> Iterator[tuple[str, bool]]:
    """What a rehearsal must show, and whether it does."""
    score, calls = found.score, found.score.calls
    for name, share, holds in (
        ("precision of kept, at least 0.97", score.precision, lambda x: x >= 0.97),
        ("right answers lost, at most 0.15", score.lost, lambda x: x <= 0.15),
        ("recovered and right of the repairs tried, at least 1/3", score.repaired, lambda x: x >= 1 / 3),
    ):
        value = share.value if share.value is not None else 0.0
        interval = f"{share.low_by_question:.3f} to {share.high_by_question:.3f} by question"
        yield f"{name}: {value:.3f} ({interval}, n = {share.of:,})", holds(value)
    draws = calls.draws_per_kept or 0.0
    yield f"calls for draws per kept example, at most 2.3: {draws:.2f}", draws <= 2.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--slots", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--out", type=Path, help="where the runs go; default a temporary folder")
    told = parser.parse_args()
    console = Console(width=110)
    with tempfile.TemporaryDirectory(prefix="docstill-rehearsals-") as temporary:
        for kind in told.only:
            folder = Path(temporary, kind)
            folder.mkdir()
            recipe, gold = KINDS[kind](told.data, folder)
            script = RehearsalSettings(recipe, (), gold, (told.out or folder) / kind, seed=told.seed, slots=told.slots, ablate=told.ablate)
            with ProgressDisplay(console) as watch:
                found = rehearse(script, watch.ears)
            for table in rehearsal_tables(found):
                console.print(table)
            for sentence, holds in demands(found[0]):
                print(f"{'yes' if holds else 'NO '}  {kind}: {sentence}")


if __name__ == "__main__":
    main()
