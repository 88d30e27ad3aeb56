"""Words that stand for each other's contrary: an answer may not have one where its evidence, or another answer, has only the other."""

from filters.text.segment import content, stem, words

Kinds = tuple[dict[str, str], ...]


def kinds(*written: str) -> Kinds:
    """One dictionary a line, from each spelling to what it stands for: the first of the spellings between slashes."""
    return tuple({w: side.split("/")[0] for side in line.split() for w in side.split("/")} for line in written)


OPPOSITES = kinds(
    "increase/increases/increased/rise/rises/raise/raises/raised/higher decrease/decreases/decreased/reduce/reduces/reduced/fall/falls"
    "/lower/lowers/lowered",
    "minimum/least/lowest/smallest maximum/most/highest/largest/greatest",
    "earliest/soonest latest",
    "shortest longest",
    "internal/internally external/externally",
    "inner/inside/indoors outer/outside/outdoors",
    "incoming/inbound/arrival/arrivals outgoing/outbound/departure/departures",
    "open/opens/opened close/closes/closed/shut",
    "accept/accepts/accepted/approve/approves/approved reject/rejects/rejected/refuse/refuses/refused/decline/declined",
    "include/includes/included/including exclude/excludes/excluded/excluding",
    "allow/allows/allowed/permit/permits/permitted forbid/forbids/forbidden/prohibit/prohibits/prohibited",
    "mandatory/compulsory/obligatory optional/voluntary",
    "written/writing oral/orally verbal/verbally",
    "employer employee/employees",
    "buyer/purchaser seller/vendor",
    "landlord/lessor tenant/lessee",
    "licensor licensee",
    "lender borrower",
    "valid invalid",
    "sufficient/adequate insufficient/inadequate",
    "paid/payable unpaid",
    "direct/directly indirect/indirectly",
    "win/wins/won lose/loses/lost",
    "start/starts/begin/begins/beginning/commence/commences end/ends/expire/expires/finish/finishes",
    "clockwise counterclockwise/anticlockwise",
    "permanent temporary",
    "opt-in opt-out",
    "gross net",
)
# Two answers may not differ in these; an answer may say them of its evidence in other words.
BETWEEN_ANSWERS = kinds(
    "before/prior/preceding after/following",
    "if/provided unless",
    "left right",
    "front back/rear",
    "always never",
    "morning evening",
    "all some",
    "up down",
    "high/higher low/lower",
    "upper lower",
)


Sides = dict[str, tuple[tuple[int, str], ...]]


def sides(among: Kinds) -> Sides:
    """From each spelling to the kinds that have it, each with what it stands for."""
    return {w: tuple((i, kind[w]) for i, kind in enumerate(among) if w in kind) for kind in among for w in kind}


_SIDES = sides(OPPOSITES)


def contrary(answer: str, evidence: str, question: str = "") -> str:
    """A word of the answer whose contrary its evidence has, while it has neither that word nor another of its side."""
    said = {w: _SIDES[w] for w in words(answer) if w in _SIDES}
    if not said:
        return ""
    there = {side for w in words(evidence) if w in _SIDES for side in _SIDES[w]}
    stems = {*content(evidence), *content(question)}
    return next((w for w, mine in said.items() if stem(w) not in stems and any(_against(side, there) for side in mine)), "")


def _against(side: tuple[int, str], there: set[tuple[int, str]]) -> bool:
    return side not in there and any(kind == side[0] for kind, _ in there)
