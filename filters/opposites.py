"""Words that stand for each other's contrary: an answer may not have one where its evidence has only the other."""

from filters.text import content, stem, words

_PAIRS = (
    "increase/increases/increased/rise/rises/raise/raised/higher decrease/decreases/decreased/reduce/reduced/fall/falls/lower/lowered",
    "minimum/least/lowest/smallest maximum/most/highest/largest/greatest",
    "earliest/soonest latest",
    "shortest longest",
    "internal/internally external/externally",
    "inside/indoors outside/outdoors",
    "incoming/inbound/arrival/arrivals outgoing/outbound/departure/departures",
    "open/opens/opened close/closes/closed/shut",
    "accept/accepts/accepted/approve/approves/approved reject/rejects/rejected/refuse/refuses/refused/decline/declined",
    "include/includes/included/including exclude/excludes/excluded/excluding",
    "allow/allows/allowed/permit/permits/permitted forbid/forbids/forbidden/prohibit/prohibits/prohibited",
    "mandatory/compulsory/obligatory optional/voluntary",
    "written/writing oral/orally verbal/verbally",
    "monthly weekly daily yearly/annually quarterly hourly",
    "employer employee/employees",
    "buyer/purchaser seller/vendor",
    "landlord/lessor tenant/lessee",
    "licensor licensee",
    "lender borrower",
    "valid invalid",
    "sufficient/adequate insufficient/inadequate",
    "paid unpaid",
    "direct/directly indirect/indirectly",
    "win/wins/won lose/loses/lost",
    "start/starts/begin/begins/commence/commences end/ends/expire/expires/finish/finishes",
)
_SIDES = {w: (i, j) for i, pair in enumerate(_PAIRS) for j, side in enumerate(pair.split()) for w in side.split("/")}


def contrary(answer: str, evidence: str, question: str = "") -> str:
    """A word of the answer whose contrary its evidence has, while it has neither that word nor another of its side."""
    said = {w: _SIDES[w] for w in words(answer) if w in _SIDES}
    if not said:
        return ""
    there = {_SIDES[w] for w in words(evidence) if w in _SIDES}
    stems = {*content(evidence), *content(question)}
    return next((w for w, side in said.items() if side not in there and stem(w) not in stems and _other(side, there)), "")


def _other(side: tuple[int, int], there: set[tuple[int, int]]) -> bool:
    return any(i == side[0] and j != side[1] for i, j in there)
