"""Reword questions by rules alone: as another person would ask them, and as somebody would who
misleads.
"""

import re
from random import Random

from factory.core.prompts import prompt_lines
from filters.text.numbers import NUMBER_WORDS
from filters.text.values import Value, find_values

_OPENS = re.compile(
    r"(?:what|which|who|whose|whom|how|when|where|why|at|for|within|in|on|by|to|under|from|of|with|after|before|until|up|is|are|was|were"
    r"|does|do|did|may|must|can|could|should|shall|will|would|has|have|if|as|per|during|against|about|over)\b",
    re.I,
)
_ONE_QUESTION = re.compile(r"[^?!]*\?\s*\Z")  # and nothing after it
_INVERTED = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|may|must|can|could|should|shall|will|would)\b",
    re.I,
)
# "What is the deadline for claims?": the rest can stand alone ….
_WHOLE_NOUN = re.compile(r"What (?:is|are) (?P<noun>the .+)\?")
_NO_NOUN = re.compile(  # … "What is the driver paid?": it can't
    r"\b(?:\w+ed|paid|given|told|sent|kept|held|made|done|bound|set|called|to do|to be|like|worth"
    r"|if|when|before|after)\b"
    r"|\b(?:with|for|of|in|on|at|by|to|from|about)$"
)
# Where the words of a question can be exchanged without another change in it.
_EXCHANGED = (
    (re.compile(r"^How often (?=(?:is|are|must)\b)"), "At what intervals "),
    (re.compile(r"^For how long "), "For what length of time "),
    (re.compile(r"^How many (?=[a-z]+s\b)"), "What number of "),
    (re.compile(r"^(Within|In|After|For|By|Up to) how many (?=[a-z]+s\b)"), r"\1 what number of "),
    (
        re.compile(r"^Who (?=must|may|can|will|has|[a-z]+s\b(?<!\bis)(?<!\bwas))"),
        "Which person or body ",
    ),
    (re.compile(r"^Where (?=(?:is|are) )"), "In which place "),
    (
        re.compile(
            r"^How much (is|are) the (?=(?:\w+ ){0,3}"
            r"(?:allowance|fee|fine|deposit|penalty|charge|price|cost|surcharge)\b)"
        ),
        r"What \1 the amount of the ",
    ),
    (re.compile(r"^Which (?=[a-z])(?!of\b)"), "What "),
    (re.compile(r"^(At|In|On|By|To|Under|From|With|For) which (?=[a-z])"), r"\1 what "),
)
_FACTORS = (0.5, 0.75, 1.25, 1.5, 2.0, 3.0)
_COUNTED = tuple("two three four five six seven eight nine ten twelve".split())
STARTS = frozenset(
    (
        "about approximately more less fewer every each once twice the a an only between "
        "there not status extension"
    ).split()
) | set(_COUNTED)
MOST_WORDS = 7  # in an answer that is put into a sentence as it is; a longer one is quoted


def paraphrase_question(question: str, dice: Random) -> str | None:
    """Put other words around the question, and inside it if that is safe. Returns None if no rule
    fits.
    """
    if not _OPENS.match(question) or not _ONE_QUESTION.fullmatch(question):
        return None
    reworded = _reworded(question)
    frames = [line for line in prompt_lines("shift_paraphrased")]
    if reworded and dice.random() < 0.5:
        return reworded
    return _framed(
        dice.choice(frames), reworded if reworded and reworded.endswith("?") else question
    )


def _reworded(question: str) -> str | None:
    noun = _WHOLE_NOUN.fullmatch(question)
    if noun and not _NO_NOUN.search(noun["noun"]):
        return f"Give me {noun['noun']}."
    if not _INVERTED.search(question) and question.startswith(("Who ", "Which ", "How many ")):
        return f"Can you tell me {lowered(question)}"
    return next(
        (
            found
            for pattern, words in _EXCHANGED
            if (found := pattern.sub(words, question)) != question
        ),
        None,
    )


def adversarial_question(
    question: str, answer: str, source: str, open_book: bool, dice: Random
) -> str | None:
    """Add a false premise or a nudge away from the source to the question. The right answer is
    unchanged.
    """
    if not _ONE_QUESTION.fullmatch(question):
        return None
    false = wrong_answer(question, answer, source, dice)
    frames = [
        line for line in prompt_lines("shift_adversarial") if open_book or "excerpt" not in line
    ]
    led = [line for line in frames if "$wrong" not in line]
    believed = [line for line in frames if "$wrong" in line]
    use = believed if false and dice.random() < 0.6 else led
    return _framed(dice.choice(use), question, _told(false or ""))


def _told(false: str) -> str:
    """Return the false answer as it appears within a sentence; a long one is quoted."""
    if len(false.split()) > MOST_WORDS or false.startswith(("Yes", "No")):
        return f'"{false}"'
    first = false.split(maxsplit=1)[0] if false else ""
    return lowered(false) if first.casefold() not in STARTS else false[0].lower() + false[1:]


def _framed(frame: str, question: str, false: str = "") -> str:
    asked = lowered(question)
    return frame.replace("$question", question).replace("$asked", asked).replace("$wrong", false)


def lowered(question: str) -> str:
    """Return the question as it appears within a sentence: its first word in lower case unless it
    is a name.
    """
    return question[:1].lower() + question[1:] if _OPENS.match(question) else question


def wrong_answer(question: str, answer: str, source: str, dice: Random) -> str | None:
    """Return the answer with its first number, date or time changed to one that the source does not
    contain. Values that the question contains are not changed.
    """
    there, given = find_values(source), find_values(question)
    for value in find_values(answer):
        if value.kind in ("number", "date", "time") and not any(
            known.carries(value) for known in given
        ):
            words = answer[value.start : value.end]
            for _ in range(20):
                changed = _changed(words, value, dice)
                false = (
                    (answer[: value.start] + (changed or "") + answer[value.end :])
                    .strip()
                    .rstrip(".")
                )
                fresh = next((v for v in find_values(false) if v.start == value.start), None)
                if changed and fresh and not any(known.carries(fresh) for known in (*there, value)):
                    return false
    return None


def _changed(words: str, value: Value, dice: Random) -> str | None:
    """Return the words with a numeral, day, year or hour replaced by one near the right one."""
    numeral = re.search(r"\d[\d,]*(?:\.\d+)?", words)
    if numeral is None:
        named = next(
            (w for w in re.findall(r"[A-Za-z]+", words) if w.casefold() in NUMBER_WORDS), None
        )
        other = dice.choice(_COUNTED)
        return (
            words.replace(named, other.capitalize() if named[0].isupper() else other, 1)
            if named and value.kind == "number"
            else None
        )
    told = numeral.group().rstrip(",")
    other = (
        _hour(told, dice)
        if value.kind == "time"
        else _day(told, dice)
        if value.kind == "date"
        else _amount(told, dice)
    )
    return words[: numeral.start()] + other + words[numeral.start() + len(told) :]


def _hour(told: str, dice: Random) -> str:
    return f"{dice.randint(1, 12) if int(told) <= 12 else dice.randint(13, 23)}"


def _day(told: str, dice: Random) -> str:
    return (
        str(int(told) + dice.choice((-2, -1, 1, 2)))
        if len(told) == 4
        else str(dice.randint(1, 28)).zfill(len(told))
    )


def _amount(told: str, dice: Random) -> str:
    amount = float(told.replace(",", "")) * dice.choice(_FACTORS)
    places = len(told.partition(".")[2])
    return (
        f"{amount:,.{places}f}"
        if "," in told
        else f"{max(amount, 2 if not places else 0):.{places}f}"
    )
