"""Which reworded duplicates are found, and how many pairs that differ in a fact are merged: two figures, kept apart.

Run: `python benchmarks/duplicates.py` (`--embeddings bundled` for paraphrases; `--msrp FOLDER` for the files msr_paraphrase_*.txt).
Pairs are planted in the sample client's gold questions and in sentences of its documents (there without an answer, where the
instructions alone decide): one edit each, of a named kind, by the lists below. On MSRP, label 1 is a reworded duplicate; label 0 are
pairs that people found not to say the same.
"""

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from factory.core.schemas import Embed  # noqa: E402
from factory.models.embeddings import load_embedder  # noqa: E402
from filters.duplicates.duplicates import find_duplicates  # noqa: E402
from filters.duplicates.same_facts import InstructionResponse  # noqa: E402
from filters.text.segment import sentences  # noqa: E402

Edit = Callable[[str], str]
SENTENCES = 600  # at most, evenly over the documents
WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
).split()
MONTHS = "January February March April May June July August September October November December".split()


def swapped(*pairs: tuple[str, str]) -> Edit:
    """The first of these words that stands in the text becomes its partner, in one direction or the other."""
    both = {a: b for one, other in pairs for a, b in ((one, other), (other, one))}
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(both, key=len, reverse=True))})\b")
    return lambda text: pattern.sub(lambda m: both[m.group()], text, count=1)


def replaced(pattern: str, by: str | Callable[[re.Match[str]], str]) -> Edit:
    found = re.compile(pattern)
    return lambda text: found.sub(by, text, count=1)


def _next_month(m: re.Match[str]) -> str:
    return MONTHS[(MONTHS.index(m.group()) + 3) % 12]


def _fronted(text: str) -> str:
    m = re.fullmatch(r"([A-Z][^,;:|?]{20,}) ((?:within|after|before|until|on|at|from|during) [^,;:|?]{6,40})([.?])", text)
    return f"{m[2][0].upper()}{m[2][1:]}, {m[1][0].lower()}{m[1][1:]}{m[3]}" if m else text


FACTS: dict[str, Edit] = {
    "number": replaced(r"(?<![\w.-])[1-9]\d?(?![\w.,-]|\d)", lambda m: str(int(m.group()) + 1)),
    "number in words": swapped(*zip(WORDS[::2], WORDS[1::2], strict=False)),
    "unit": swapped(("days", "weeks"), ("hours", "minutes"), ("months", "years"), ("kg", "g"), ("km", "m"), ("crowns", "dollars")),
    "date": replaced(rf"\b(?:{'|'.join(MONTHS)})\b", _next_month),
    "name": replaced(r"(?<=[a-z] )(?!I\b)[A-Z][a-z]{3,}\b", "Brightwater"),
    "denial": swapped(("may not", "may"), ("is not", "is"), ("are not", "are"), ("must not", "must"), ("does not", "does"), ("no", "any")),
    "modality": swapped(("may", "must"), ("should", "shall"), ("can", "must"), ("is", "may be")),
    "bound": swapped(
        ("at least", "at most"), ("more than", "less than"), ("before", "after"), ("above", "below"), ("from", "until"), ("first", "last")
    ),
    "verb": swapped(
        ("opens", "closes"),
        ("open", "close"),
        ("approves", "rejects"),
        ("approved", "rejected"),
        ("pays", "owes"),
        ("pay", "refund"),
        ("sends", "receives"),
        ("send", "keep"),
        ("stored", "shipped"),
        ("begins", "ends"),
        ("signed", "read"),
        ("reported", "logged"),
    ),
    "role": swapped(("employee", "manager"), ("driver", "dispatcher"), ("customer", "carrier"), ("depot", "office"), ("director", "clerk")),
    "word added": replaced(r"\b(employee|employees|driver|goods|vehicle|request|invoice|depot|notice|days)\b", r"temporary \1"),
    "word dropped": replaced(r"\b(?:Working|Leave|written|full-time|consecutive|annual|unused|first|only|paid) ", ""),
}
SAME: dict[str, Edit] = {
    "case and marks": lambda text: text.upper()[:1] + text[1:].lower().rstrip(".?") + " !",
    "frame": lambda text: f"Please: {text}",
    "article": replaced(r"\b(?:the|a|an) ", ""),
    "free words": swapped(
        ("is", "has been"), ("does", "did"), ("to", "for"), ("on", "at"), ("this", "that"), ("in", "of the"), ("are", "were")
    ),
    "inflection": replaced(r"\b(employee|driver|vehicle|request|invoice|depot|manager|customer)\b(?!')", r"\1s"),
    "contraction": swapped(("is not", "isn't"), ("does not", "doesn't"), ("What is", "What's"), ("must not", "mustn't"), ("it is", "it's")),
    "number spelled": replaced(r"(?<![\w.,-])(?:[2-9]|1\d|20)(?= [a-z])", lambda m: WORDS[int(m.group()) - 2]),
    "end moved": _fronted,
    "synonym": swapped(
        ("told", "informed"),
        ("buy", "purchase"),
        ("begin", "start"),
        ("staff", "employees"),
        ("submitted", "handed in"),
        ("lost", "missing"),
        ("at least", "no less than"),
        ("must", "has to"),
        ("within", "in no more than"),
        ("repair", "fix"),
        ("yearly", "every year"),
    ),
}


# Written by hand beside the gold questions of these ids, the answer as it stands: the same question, and another one.
REWORDED = {
    "gold-001": "What do delivery drivers with a fixed route receive each shift as road allowance?",
    "gold-005": "When must Crownbook hold the approval of a journey on which one stays the night?",
    "gold-013": "Whose consent is needed before travelling to another country for work?",
    "gold-025": "What is the largest number of senior managers allowed on one plane?",
    "gold-037": "What number reaches the travel desk for flight bookings?",
    "gold-041": "How heavy may the luggage on a plane be for Larkmoor to pay for it?",
    "gold-045": "What is the longest airport parking one gets money back for?",
    "gold-061": "Which paper shows that my own car is insured for work?",
    "gold-069": "If someone is fined for driving too fast on a work journey for Larkmoor, who bears the fine?",
    "gold-081": "What may a night in a hotel in Port Ellery cost?",
    "gold-085": "Up to what price is the evening meal of somebody staying the night in Orvane covered?",
    "gold-089": "By what share is more allowed for hotels while a listed trade fair takes place?",
    "gold-097": "After how many hours out of the usual office does one get money for lunch?",
    "gold-105": "How much per head can be spent on eating with customers?",
    "gold-113": "What is the yearly maximum of presents to one customer contact?",
    "gold-117": "How much can be charged each month to the card of somebody who manages a depot?",
    "gold-125": "What do I fill in to get money before I travel?",
    "gold-129": "How long do people have to hand in what they spent in Crownbook?",
    "gold-133": "What is the yearly maximum of declarations LF-155 for lost receipts?",
    "gold-137": "When does money for accepted expense claims arrive each week?",
}
OTHER = {
    "gold-001": "What is the meal allowance of office staff per day?",
    "gold-005": "When must a training course abroad be requested?",
    "gold-013": "Who signs contracts above the purchasing limit?",
    "gold-025": "How many guests may an employee bring to the summer party?",
    "gold-037": "Which extension reports a lost badge at the security desk?",
    "gold-041": "What weight may a warehouse worker lift without help?",
    "gold-045": "How many days of remote work a month are allowed abroad?",
    "gold-061": "With which form is a parking permit for the depot requested?",
    "gold-069": "Who pays for damage to a private car on the depot's premises?",
    "gold-081": "What is the monthly allowance for a home office?",
    "gold-085": "How much does a replacement badge cost?",
    "gold-089": "How far does night pay exceed day pay?",
    "gold-097": "How long must a shift be before a second break is due?",
    "gold-105": "What is the limit of a gift voucher for an anniversary?",
    "gold-113": "How many visitors may one escort take through the warehouse?",
    "gold-117": "What may be bought without three offers?",
    "gold-125": "Which form is used to report a stolen laptop?",
    "gold-129": "By when must a supplier's invoice be disputed?",
    "gold-133": "How often may a temperature alarm be muted by the shift leader?",
    "gold-137": "On which day are the cold rooms cleaned?",
}


def by_hand(written: dict[str, str], embed: Embed | None) -> tuple[int, int]:
    """How many of them are taken for a repeat of the gold question with their answer, among all gold questions."""
    rows = [json.loads(line) for line in (ROOT / "data" / "gold" / "demo.jsonl").read_text(encoding="utf-8").splitlines()]
    places = {row["id"]: i for i, row in enumerate(rows)}
    pairs = [(row["instruction"], row["response"]) for row in rows]
    found = list(find_duplicates([*pairs, *((asked, pairs[places[id]][1]) for id, asked in written.items())], embed=embed))
    return sum(found[len(rows) + at] == places[id] for at, id in enumerate(written)), len(written)


def planted() -> Iterator[InstructionResponse]:
    """Every gold question with its answer, and sentences without one."""
    for line in (ROOT / "data" / "gold" / "demo.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["instruction"], row["response"]
    found = [s.text for path in sorted((ROOT / "data" / "documents").rglob("*.*")) for s in sentences(path.read_text(encoding="utf-8"))]
    told = [text for text in dict.fromkeys(found) if 40 < len(text) < 300 and "|" not in text]
    yield from ((told[i * len(told) // SENTENCES], "") for i in range(min(SENTENCES, len(told))))


def edited(pair: InstructionResponse, edit: Edit) -> Iterator[InstructionResponse]:
    """With the edit in the question, and with it in the answer, where it changes them."""
    asked, answer = edit(pair[0]), edit(pair[1])
    if asked != pair[0]:
        yield asked, pair[1]
    if pair[1] and answer != pair[1]:
        yield pair[0], answer


def merged(pairs: Sequence[InstructionResponse], edit: Edit, embed: Embed | None) -> tuple[int, int]:
    """How many edited ones are taken for repeats of theirs, and of how many."""
    edits = [(i, other) for i, pair in enumerate(pairs) for other in edited(pair, edit)]
    found = list(find_duplicates([*pairs, *(other for _, other in edits)], embed=embed))
    return sum(found[len(pairs) + at] == i for at, (i, _) in enumerate(edits)), len(edits)


def msrp(folder: Path, embed: Embed | None) -> dict[str, tuple[int, int]]:
    """By label: pairs of which the second is taken for a repeat of the first, each pair on its own."""
    counts = {"0": [0, 0], "1": [0, 0]}
    for path in sorted(folder.glob("msr_paraphrase_*.txt")):
        for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]:
            label, _, _, one, other = line.split("\t")
            counts[label][0] += list(find_duplicates([(one, ""), (other, "")], embed=embed))[1] is not None
            counts[label][1] += 1
    return {label: (found, n) for label, (found, n) in counts.items()}


def wilson(found: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    middle, spread = found / n + z * z / (2 * n), z * math.sqrt(found / n * (1 - found / n) / n + z * z / (4 * n * n))
    return max(0.0, middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)


def show(kind: str, found: int, n: int) -> None:
    low, high = wilson(found, n)
    print(f"  {kind:18}{found:5} of {n:5}  {found / max(1, n):7.1%}   {low:6.1%} to {high:6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embeddings")
    parser.add_argument("--msrp", type=Path)
    arguments = parser.parse_args()
    embed = load_embedder(arguments.embeddings, Path(), print) if arguments.embeddings else None
    pairs = list(planted())
    for title, edits in (("reworded, found", SAME), ("another fact, merged", FACTS)):
        print(title)
        counts = {kind: merged(pairs, edit, embed) for kind, edit in edits.items()}
        for kind, (found, n) in counts.items():
            show(kind, found, n)
        written = REWORDED if edits is SAME else OTHER
        show("whole question", *by_hand(written, embed))
        show("all edits", sum(found for found, _ in counts.values()), sum(n for _, n in counts.values()))
    if arguments.msrp:
        counts = msrp(arguments.msrp, embed)
        print("MSRP")
        show("label 1, found", *counts["1"])
        show("label 0, merged", *counts["0"])


if __name__ == "__main__":
    main()
