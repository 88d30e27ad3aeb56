"""Find facts for a teacher that asks about one at a time.

A fact is a sentence that is understood on its own and has a value that code can check.
"""

import re
from dataclasses import dataclass

from factory.core.records import Chunk, Span
from filters.text.segment import STOP_WORDS, content_stems, sentences, strip_span
from filters.text.values import NUMBER_WORDS, Value, find_values

SENTENCE_WORDS = range(7, 33)  # shorter ones lack a subject, longer ones hold several facts
MIN_CONTENT_WORDS = 6  # content words of the clause, value and unit included
MAX_VALUES = 3  # with more, a small teacher asks for one and answers with another

_LEAD = re.compile(r"(?:[-*+•]\s+|\(?[a-z]\)\s+|\d+(?:\.\d+)*[.)]?\s+(?=\S+\s+\S+\s)|>\s+)+")
_LEANS = re.compile(
    r"^(?:it|its|this|that|these|those|they|their|he|she|his|her|such|both|each of|here|there"
    r"|also|otherwise"
    r"|however|instead|in this case"
    r"|(?:if|once|when|until|after|before) the \w+ \w+s|in these cases|in addition"
    r"|version \d|the same|the latter|the former|if so|if not|all other|others?"
    r"|then|thereafter|after that)\b",
    re.I,
)
_POINTS = re.compile(
    r"\b(?:it|they|them|this|these|those|such|its|their|he|she)\b"
    r"|\b(?:above|below|under|over|of|after|before|on|at|in|by|from|to|for|with|receiving) that\b",
    re.I,
)
_EXCEPTS = re.compile(
    r"\b(?:except|unless|other than|apart from|not|no|never|neither|nor"
    r"|without|only if|instead)\b|see (?:section|§)|n't\b",
    re.I,
)
_VERB = r"(?:is|are|was|were|may|must|can|will|has|have|had|[a-z]+s|[a-z]+ed)\b"
_BARE_SUBJECT = re.compile(rf"(?:^T|, t)he [a-z]+ {_VERB}")  # which one? only its text can say
# "The battery symbol blinks", "Calibration is valid": of what?
_VAGUE = re.compile(
    rf"\bthe (?!(?:year|day|month|week|birth|law|police|public|country|night|world|employee)\b)"
    rf"[a-z][\w-]*(?: [a-z][\w-]*)? {_VERB}"
    rf"|^[A-Z][a-z]+ (?:(?:is|are|was|were|may|must|can|will|has|have|had"
    rf"|needs?|takes?|costs?|stays?|lasts?)\b)",
    re.I,
)
# "Press the key": a question can't be made with its words.
_ORDER = re.compile(r"(?P<verb>[A-Z][a-z]+) (?:the|an?|all|each|every|any|your)\b")
_FOLLOWS_ON = re.compile(r"\b(?:then|thereafter|further|another|others?|the same)\b", re.I)
_NAMED = re.compile(r"(?<=\s)(?!(?:Working|Leave|Calendar|Business) Days?\b)[A-Z][\w-]+")
_NEXT_CLAUSE = re.compile(
    r"[;:](?=\s)|,\s+(?:and|but|or|so|which|who|whose|where|when|while|after|with|plus|as|including)\s"
    r"|\s+and\s+(?:the|an?|is|are|must|may|has|within|by|up)\s|\s\("
)
_POINT = re.compile(r"\s*(?:[-*+•]|\d+\.|\(?[a-z]\))\s")
# "Investigation, sanctions provided, and actions" is no new clause.
_LISTED = re.compile(r",\s(?:\w+\s){1,3}?\w+,$")
_RANGE_BEFORE = re.compile(
    r"(?:between|\d\S*(?:\s\S+)?\s(?:to|and|or|by|x)|(?:one|two|three|four|five|six)\s(?:to|or))\s$|\d\s?[-–]\s?$"
)
_RANGE_AFTER = re.compile(r"\s?(?:to|or|by|x|[-–])\s?\d|\sand\s\d")
# Roles and bodies that do something; a question with "who" asks for them.
_ROLE = re.compile(
    r"(?:[A-Z][\w&'-]+ ){1,3}(?:Officer|Manager|Director|Controller|Supervisor|Person"
    r"|Panel|Committee|Board|Council|Administrator|Team"
    r"|Department|Engineer|Coordinator|Lead)\b(?!'s)|\bHead of [A-Z]\w+"
)
_CAPITALISED = re.compile(r"\b[A-Z][\w&'-]+ (?:of )?$(?<!The )(?<!A )(?<!An )")
_ONE_OF_TWO = re.compile(r"(?:\b(?:or|and)|,)\s(?:the\s)?$", re.I)
_NOT_ALONE = re.compile(
    r",?\s(?:or|and)\s|,\s[A-Z]|/|\s[A-Z]|\s(?:members?|designee|on call|on duty)\b"
)
_LABEL_BEFORE = re.compile(
    r"(?:\b[A-Z][\w-]*\.?|\b(?:no|art|sec|fig|vol|ch|cl|para|reg|sch|pp?|s)\."
    r"|\b(?:extension|section|door|clause|chapter|number|level|grade|class|version|dock|page|item|phase|step|article|annex))\s$"
)
_COMPOUND = re.compile(r"[\w.,]+-[a-z]|\d+(?:st|nd|rd|th)\b")
_GOVERNED = re.compile(r"\b(?:by|of|to|from|with|for|at)\s(?:the\s)?$", re.I)
_SHARE = re.compile(r"(?:%|\bper ?cent)$", re.I)
_NUMERAL = re.compile(
    rf"[-−–]?[\d.,]*\d|(?:{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})\b", re.I
)


@dataclass(frozen=True)
class CheckableFact:
    """A sentence of a chunk and the words in it to ask for, both as spans of the chunk."""

    sentence: Span
    target: Span

    @property
    def hinted(self) -> str:
        """The sentence's main clause with a hint in place of the answer.

        A unit is kept, so that the question asks for it.
        """
        text, at = self.sentence.text, self.target.start - self.sentence.start
        hint, missing = _hint(self.target.text)
        end = at + len(missing)
        before = (
            re.sub(r"\b(?:the|an?|form)\s+$", "", text[:at], flags=re.I)
            if hint in ("who", "which form")
            else text[:at]
        )
        if hint == "who" and _GOVERNED.search(before):
            hint = "whom"
        return (
            " ".join(f"{before}[{hint}]{text[end : main_clause(text)]}".split()).rstrip(" ,;.")
            + "."
        )


def _hint(target: str) -> tuple[str, str]:
    """Return the question word for a target, and the words of the target that it replaces."""
    if _ROLE.match(target):
        return "who", target
    if _SHARE.search(target):
        return "what percentage", target
    kind = next((v.kind for v in find_values(target)), "number")
    if kind != "number":
        return {"date": "which date", "time": "what time"}.get(kind, "which form"), target
    numeral = _NUMERAL.match(target)
    return "how many", numeral.group() if numeral else target


def main_clause(text: str) -> int:
    """Return where the first clause of a sentence ends: the rest would mislead a small teacher."""
    ends = (m for m in _NEXT_CLAUSE.finditer(text) if not _LISTED.search(text[: m.start() + 1]))
    m = next(ends, None)
    return m.start() if m and len(text[: m.start()].split()) >= SENTENCE_WORDS.start else len(text)


def find_facts(chunk: Chunk) -> list[CheckableFact]:
    """Return every fact of the chunk: the first one of each sentence, then the second ones."""
    found = [
        _facts_of_sentence(one)
        for one in sentences(chunk.text)
        if not _is_list_item(chunk.text[: one.start], one.text)
    ]
    return [fs[i] for i in range(MAX_VALUES) for fs in found if len(fs) > i]


def _is_list_item(before: str, text: str) -> bool:
    """Check whether the text is a list item that needs its lead-in, such as "if one is met:"."""
    lead_in = next(
        (line for line in reversed(before.splitlines()) if line.strip() and not _POINT.match(line)),
        "",
    )
    return bool(_POINT.match(text)) and lead_in.rstrip().endswith(":")


def _facts_of_sentence(sentence: Span) -> list[CheckableFact]:
    lead = _LEAD.match(sentence.text)
    skip = lead.end() if lead else 0
    text = sentence.text[skip:]
    text_end = main_clause(text)
    if not _usable(text, text[:text_end]):
        return []
    span = Span(start=sentence.start + skip, end=sentence.end, text=text)
    found = find_values(text)
    targets = [
        t
        for v in found
        if v.end <= text_end and (t := _target(text, v)) and sum(v.carries(w) for w in found) == 1
    ]
    return [
        CheckableFact(
            span, t.model_copy(update={"start": span.start + t.start, "end": span.start + t.end})
        )
        for t in targets
    ]


def _usable(text: str, clause: str) -> bool:
    """Accept a whole sentence whose main clause names its subject and has few values."""
    if (
        len(text.split()) not in SENTENCE_WORDS
        or not text.endswith(".")
        or _LEANS.match(text)
        or _EXCEPTS.search(text)
    ):
        return False
    if (
        re.search(r"[|\[\]*_`{}]|http", text)
        or not (text[0].isupper() or text[0].isdigit())
        or _POINTS.search(clause)
    ):
        return False
    if (
        len(content_stems(clause)) < MIN_CONTENT_WORDS
        or _BARE_SUBJECT.search(clause)
        or _FOLLOWS_ON.search(clause)
    ):
        return False
    if _VAGUE.search(clause) and not _NAMED.search(clause):
        return False
    if (order := _ORDER.match(clause)) and order["verb"].casefold() not in STOP_WORDS:
        return False
    typed = sum(v.kind != "name" for v in find_values(clause))
    return typed <= MAX_VALUES and (typed > 0 or bool(_ROLE.search(clause)))


def _target(text: str, value: Value) -> Span | None:
    """Return what to ask for: a number with its unit or noun, a date, a time, a role or a form.

    None if a question about the value could be ambiguous.
    """
    if _RANGE_BEFORE.search(text[: value.start]) or _RANGE_AFTER.match(text[value.end :]):
        return None  # half a range
    if value.kind == "number" and value.text == "1":
        return None  # "one" is often no count
    if _COMPOUND.match(text[value.start :]):
        return None  # two-week, 3rd: part of a word, which no "how many" asks for
    if value.kind in ("date", "time") or (value.kind == "number" and value.unit):
        return strip_span(text, value.start, value.end)
    if value.kind == "name":
        return _role_target(text, value)
    if value.kind == "code":
        return (
            strip_span(text, value.start, value.end)
            if re.search(r"(?<!,)\sform\s+$", text[: value.start], re.I)
            else None
        )
    return _count_target(text, value) if value.kind == "number" else None


def _role_target(text: str, value: Value) -> Span | None:
    """Return the name of a role or body, unless it is one of two or part of a longer name."""
    m = _ROLE.match(text, value.start)
    if not m or _CAPITALISED.search(text[: m.start()]) or _ONE_OF_TWO.search(text[: m.start()]):
        return None
    return None if _NOT_ALONE.match(text[m.end() :]) else strip_span(text, m.start(), m.end())


def _count_target(text: str, value: Value) -> Span | None:
    """Return a number with what it counts: up to three words that end in a plural."""
    if _LABEL_BEFORE.search(text[: value.start]):
        return None  # Polarcase 40, extension 2140: a name, not a count
    m = re.match(r"(?:[ -][A-Za-z]+){1,3}", text[value.end :])
    end = value.end
    for word in re.findall(r"[ -][A-Za-z]+", m.group()) if m else []:
        if word[1:].casefold() in STOP_WORDS:
            return None
        end += len(word)
        if word.endswith("s") and not word.endswith("ss"):
            return strip_span(text, value.start, end)
    return None
