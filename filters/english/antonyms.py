"""Find antonyms in an answer.

An answer may not use a word if its evidence, or another answer, has only the opposite word.
"""

from filters.text.segment import content_stems, stem, words

WordGroups = tuple[dict[str, str], ...]


def word_groups(*written: str) -> WordGroups:
    """Return one dictionary per line, from each spelling to the first spelling of its word.

    Slashes separate the spellings of one word.
    """
    return tuple(
        {w: side.split("/")[0] for side in line.split() for w in side.split("/")}
        for line in written
    )


ANTONYMS = word_groups(
    "increase/increases/increased/rise/rises/raise/raises/raised/higher "
    "decrease/decreases/decreased/reduce/reduces/reduced/fall/falls"
    "/lower/lowers/lowered",
    "minimum/least/lowest/smallest maximum/most/highest/largest/greatest",
    "earliest/soonest latest",
    "shortest longest",
    "internal/internally external/externally",
    "inner/inside/indoors outer/outside/outdoors",
    "incoming/inbound/arrival/arrivals outgoing/outbound/departure/departures",
    "open/opens/opened close/closes/closed/shut",
    "accept/accepts/accepted/approve/approves/approved "
    "reject/rejects/rejected/refuse/refuses/refused/decline/declined",
    "include/includes/included/including exclude/excludes/excluded/excluding",
    "allow/allows/allowed/permit/permits/permitted "
    "forbid/forbids/forbidden/prohibit/prohibits/prohibited",
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
    "start/starts/begin/begins/beginning/commence/commences "
    "end/ends/expire/expires/finish/finishes",
    "clockwise counterclockwise/anticlockwise",
    "permanent temporary",
    "opt-in opt-out",
    "gross net",
)
# Two answers may not differ in these; an answer and its evidence may, in other words.
ANSWER_ANTONYMS = word_groups(
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


SidesByWord = dict[str, tuple[tuple[int, str], ...]]


def sides_by_word(among: WordGroups) -> SidesByWord:
    """Map each spelling to the groups that contain it, and to its word in each group."""
    return {
        w: tuple((i, kind[w]) for i, kind in enumerate(among) if w in kind)
        for kind in among
        for w in kind
    }


_SIDES = sides_by_word(ANTONYMS)


def find_antonym(answer: str, evidence: str, question: str = "") -> str:
    """Return a word of the answer whose opposite is in the evidence, else "".

    The evidence must contain neither that word nor another one with the same meaning.
    """
    answer_sides = {w: _SIDES[w] for w in words(answer) if w in _SIDES}
    if not answer_sides:
        return ""
    evidence_sides = {side for w in words(evidence) if w in _SIDES for side in _SIDES[w]}
    stems = {*content_stems(evidence), *content_stems(question)}
    return next(
        (
            w
            for w, mine in answer_sides.items()
            if stem(w) not in stems and any(_against(side, evidence_sides) for side in mine)
        ),
        "",
    )


def _against(side: tuple[int, str], evidence_sides: set[tuple[int, str]]) -> bool:
    return side not in evidence_sides and any(kind == side[0] for kind, _ in evidence_sides)
