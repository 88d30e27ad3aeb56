"""Words that turn a fact into another one without being a value: once or twice, first or third, north or south."""

from filters.english.antonyms import BETWEEN_ANSWERS, OPPOSITES, kinds, sides
from filters.text.segment import words

# Of one kind each; two texts that each have some of a kind, but others, don't say the same.
KINDS = kinds(
    "once twice thrice",
    "first/1st second/2nd third/3rd fourth/4th fifth/5th sixth/6th seventh/7th eighth/8th ninth/9th tenth/10th last",
    "north/northern south/southern east/eastern west/western",
    "hourly daily weekly monthly quarterly half-yearly yearly/annual/annually",
)
_OPPOSED = sides(KINDS + OPPOSITES + BETWEEN_ANSWERS)


def marks(text: str) -> tuple[tuple[str, ...], ...]:
    """The marks of each kind, in order of place."""
    found = words(text)
    return tuple(tuple(kind[w] for w in found if w in kind) for kind in KINDS)


def opposed(one: str, other: str) -> bool:
    """Whether both texts have marks of one kind and share none of them."""
    a, b = ({side for w in words(text) if w in _OPPOSED for side in _OPPOSED[w]} for text in (one, other))
    return bool({kind for kind, _ in a} & {kind for kind, _ in b} - {kind for kind, _ in a & b})


def unborne(answer: str, evidence: str) -> str:
    """A mark of the answer that its evidence does not have, where it has others of that kind."""
    pairs = zip(marks(answer), marks(evidence), strict=True)
    return next((m for mine, theirs in pairs if theirs for m in mine if m not in theirs), "")
