"""Words that turn a fact into another one without being a value: once or twice, first or third, north or south."""

from filters.text import words

# Of one kind each; two texts that each have some of a kind, but others, don't say the same.
KINDS = tuple(
    {spelling: meaning for group in kind.split() for meaning in [group.split("/")[0]] for spelling in group.split("/")}
    for kind in (
        "once twice thrice",
        "first/1st second/2nd third/3rd fourth/4th fifth/5th sixth/6th seventh/7th eighth/8th ninth/9th tenth/10th last",
        "north/northern south/southern east/eastern west/western",
        "hourly daily weekly monthly quarterly half-yearly yearly/annual/annually",
    )
)

# Opposites that two answers may differ in; what an answer may say of its evidence in other words is not held against these.
OPPOSITES = tuple(
    {spelling: side for side in pair.split() for spelling in side.split("/")}
    for pair in (
        "before/prior/preceding after/following",
        "if/provided unless",
        "left right",
        "front back/rear",
        "inner/inside/indoors outer/outside/outdoors",
        "open/opened closed/shut",
        "minimum/least maximum/most",
        "includes/include/included/including excludes/exclude/excluded/excluding",
        "increase/increases/increased/raise/raises/rises decrease/decreases/decreased/lower/lowers/reduces/falls",
        "clockwise counterclockwise/anticlockwise",
        "permanent temporary",
        "internal external",
        "buyer seller",
        "employer employee",
        "landlord tenant",
        "licensor licensee",
        "lessor lessee",
        "always never",
        "morning evening",
        "start/beginning end",
        "opt-in opt-out",
        "paid/payable unpaid",
        "all some",
        "first last",
        "up down",
        "high/higher/highest low/lower/lowest",
        "upper lower",
        "gross net",
    )
)


Kinds = tuple[dict[str, str], ...]


def marks(text: str, kinds: Kinds = KINDS) -> tuple[tuple[str, ...], ...]:
    """The marks of each kind, in order of place."""
    found = words(text)
    return tuple(tuple(kind[w] for w in found if w in kind) for kind in kinds)


def opposed(one: str, other: str) -> bool:
    """Whether both texts have marks of one kind and share none of them."""
    pairs = zip(marks(one, KINDS + OPPOSITES), marks(other, KINDS + OPPOSITES), strict=True)
    return any(a and b and not set(a) & set(b) for a, b in pairs)


def unborne(answer: str, evidence: str) -> str:
    """A mark of the answer that its evidence does not have, where it has others of that kind."""
    pairs = zip(marks(answer), marks(evidence), strict=True)
    return next((m for mine, theirs in pairs if theirs for m in mine if m not in theirs), "")
