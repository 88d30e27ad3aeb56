"""Check that two near-identical examples say the same, so that none is lost that differs in a fact.

The facts of a text are its values (14 days, 5 May, TR-12) and the stems of its words in order,
without free words. Any other word that is replaced, added or dropped makes two texts different: a
name, label, verb, negation, "at least", "may". A question's introduction does not count; "up to"
and "at most" are one bound, "shall" and "must" one duty, "inform" and "tell" one word
(filters.english.synonyms). A missed duplicate costs a little training time; a merged fact is lost.
"""

import re
from functools import lru_cache

from filters.english.comparatives import COMPARATIVE_WORDS, normalize_comparatives
from filters.english.modality import DUTY_WORDS, normalize_duties
from filters.english.question_frames import QUESTION_PHRASE_WORDS, normalize_question, strip_frames
from filters.english.synonyms import SYNONYMS
from filters.text.language_id import is_english
from filters.text.names import MONTHS
from filters.text.segment import stem
from filters.text.values import NUMBER_WORDS, UNITS, decimal_mark, find_values

InstructionResponse = tuple[str, str]  # instruction and response

# Words that may be added or dropped without changing a fact. Prepositions that change one (from,
# by, before, without, per) are not among them.
FREE_WORDS = frozenset(
    (
        "a an the of to in on at for as is are was were be been being am do does did has have had "
        "having will would that this these those there here it its itself they them their theirs "
        "we us our ours you your yours i me my mine also then so please kindly however therefore "
        "thus moreover furthermore indeed"
    ).split()
)
# These always change what an answer says.
NEGATION_MODAL_WORDS = frozenset("not no never may must shall should can could might only".split())
_SAME = {
    "which": "what",
    "whom": "who",
    "whose": "who",
    "cannot": "not",
    "can't": "not",
    "n't": "not",
    "&": "and",
}
_OF_VALUES = {
    *UNITS,
    *NUMBER_WORDS,
    *MONTHS,
    *"hundred thousand million billion and working calendar per cent am pm".split(),
}
WEIGHTLESS_WORDS = (  # words that have another spelling
    FREE_WORDS
    | COMPARATIVE_WORDS
    | DUTY_WORDS
    | QUESTION_PHRASE_WORDS
    | {*_SAME, *_SAME.values(), "per", "cent", "percent"}
)
_NOT_PLAIN = WEIGHTLESS_WORDS | _OF_VALUES
_BOUNDING = COMPARATIVE_WORDS - FREE_WORDS - NEGATION_MODAL_WORDS - {"no", "than"}
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[<>≤≥=±+%$€£§&]")
# These two are words, too.
_PLAIN_MONTHS = "|".join(month for month in MONTHS if month not in ("may", "march"))
# Months and codes in small letters.
_SMALL = re.compile(rf"\b(?:{_PLAIN_MONTHS})\b|(?<=\d )(?:may|march)\b|\b[a-z]{{1,4}}-\d[a-z\d]*\b")
_NUMBERING = re.compile(r"\d+(?:\.\d+)+")
_NOT = re.compile(r"(?:ca|wo|sha)?n['’]t$")
_APOSTROPHE = re.compile(r"[^\W\d]+['’]")
_SHORT = re.compile(r"['’](?:s|re|ve|ll|d|m)$")


def same_facts(one: InstructionResponse, other: InstructionResponse) -> bool:
    """Return whether two examples, near-identical in their words, say the same.

    Either part of a pair may be empty.
    """
    if _at_sight(one[0]) == _at_sight(other[0]) and _at_sight(one[1]) == _at_sight(other[1]):
        return True
    if bool(one[1].strip()) != bool(other[1].strip()) or _differ_at_sight(one, other):
        return False
    one, other = normalize_pair(one), normalize_pair(other)
    mark = _decimal_mark(" ".join((*one, *other)))
    question, also = fact_tokens(one[0], mark), fact_tokens(other[0], mark)
    return _same(question, also) and same_answers(
        fact_tokens(one[1], mark), fact_tokens(other[1], mark), question
    )


def _decimal_mark(text: str) -> str:
    """Return the decimal mark that the numerals show, or else that of the language.

    1.500 is one and a half in English, and one thousand five hundred in any other language.
    """
    return decimal_mark(text) or ("" if is_english(text) else ",")


@lru_cache(maxsize=4096)
def normalize_pair(pair: InstructionResponse) -> InstructionResponse:
    """Remove the question's introduction, and spell bounds and duties in one way."""
    question, answer = normalize_question(pair[0]), pair[1]
    return normalize_duties(normalize_comparatives(question)), normalize_duties(
        normalize_comparatives(answer)
    )


@lru_cache(maxsize=4096)
def _at_sight(text: str) -> tuple[str, ...]:
    """Return the literal words without free words and punctuation, to skip the values if equal."""
    found = [stripped for word in text.split() if (stripped := word.strip('.,;:!?…"“”'))]
    # 5 to 12 is a range, in at most 5 days a time.
    return tuple([w for w in found if w not in FREE_WORDS or w in ("to", "in")] or found)


def _differ_at_sight(one: InstructionResponse, other: InstructionResponse) -> bool:
    """Return whether only one side has some word that cannot be part of a value.

    This rules out most pairs without reading their values.
    """
    question, also = _plain(strip_frames(one[0])), _plain(strip_frames(other[0]))
    return question != also or bool((_plain(one[1]) ^ _plain(other[1])) - question)


@lru_cache(maxsize=4096)  # a text is compared with several similar ones in a short time
def _plain(text: str) -> frozenset[str]:
    """Return the stems of words that are not free, part of a value, or spelled in several ways.

    All words for a bound become one mark.
    """
    tokens = set(_TOKEN.findall(text.casefold()))
    whole = {_root(word) for word in tokens if word.isalpha() and word not in _NOT_PLAIN}
    if not _BOUNDING.isdisjoint(tokens):
        whole.add("≤")
    apart = (w for token in tokens if _APOSTROPHE.match(token) for w in _word(token))
    return frozenset(whole | {w for w in apart if w.isalpha() and w not in _NOT_PLAIN})


# The first of each group of synonyms. "No" is a negation rather than a number, and mail may be a
# letter.
_ONE_OF = {
    stem(stem(word)): stem(stem(group.split()[0]))
    for group in SYNONYMS
    for word in group.split()
    if word not in {*NEGATION_MODAL_WORDS, "mail"}
}


def fact_tokens(text: str, mark: str = "") -> tuple[str, ...]:
    """Return the values and word stems of a text in order, without free words.

    `mark` is the decimal mark to use if the text does not show it.
    """
    return _fact_tokens(text.strip(), mark)


@lru_cache(maxsize=4096)
def _fact_tokens(text: str, mark: str) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    text = _SMALL.sub(
        lambda m: m.group().title() if m.group().isalpha() else m.group().upper(), text
    )
    for value in find_values(text, mark=mark):
        if value.kind != "name":  # names are words like others: each differs or not
            found += _words(text[at : value.start])
            # a clause before a capital, else a number or code
            numbered = value.kind != "date" and bool(
                _NUMBERING.fullmatch(text, value.start, value.end)
            )
            found.append(f"{'number' if numbered else value.kind} {value.text} {value.unit}")
            at = max(at, value.end)
    found += _words(text[at:])
    # "It is so" has free words alone: then they count.
    return tuple(found or text.casefold().split())


def _words(text: str) -> list[str]:
    return [w for m in _TOKEN.finditer(text) for w in _word(m.group())]


def _word(token: str) -> list[str]:
    word = token.casefold()
    if _NOT.search(word):
        rest = _NOT.sub("", word)
        return [*([] if rest in FREE_WORDS or not rest else [_root(rest)]), "not"]
    word = _SHORT.sub("", word)
    if word in FREE_WORDS and not (len(token) > 1 and token.isupper()):  # the US is not us
        return []
    return [_SAME.get(word, _root(word))]


def _root(word: str) -> str:
    root = stem(stem(word))  # once leaves "employe" of employee and "employ" of employees
    return _ONE_OF.get(root, root)


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Compare the order of the words; the end may be moved to the beginning.

    "On 5 May it opens" is "It opens on 5 May".
    """
    if one == other:
        return True
    if len(one) != len(other) or sorted(one) != sorted(other):
        return False
    if any(
        one[cut:] + one[:cut] == other and _movable(one[:cut]) and _movable(one[cut:])
        for cut in (1, len(one) - 1)
    ):
        return True
    return _is_sublist(other, (one + one)[2:-2])  # if both parts have two words or more


def _is_sublist(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Return whether the words occur there consecutively.

    A search of joined texts is not slowed down by repeated words. No word has a line break.
    """
    return "\n".join(("", *part, "")) in "\n".join(("", *whole, ""))


def _movable(part: tuple[str, ...]) -> bool:
    """Return whether the part can move to the other end of a text.

    A phrase of several words, a date or a time can. A single word is a subject or an object.
    """
    return len(part) > 1 or part[0].startswith(("date ", "time "))


def same_answers(one: tuple[str, ...], other: tuple[str, ...], question: tuple[str, ...]) -> bool:
    """Return whether two answers state the same facts; one of them may repeat the question.

    "14 days" is "It is washed within 14 days".
    """
    if _same(one, other):
        return True
    less, more = sorted((one, other), key=len)
    restated = set(question) - NEGATION_MODAL_WORDS
    at = 0
    for word in less:
        while at < len(more) and more[at] != word and more[at] in restated:
            at += 1
        if at == len(more) or more[at] != word:
            return False
        at += 1
    return bool(less) and set(more[at:]) <= restated
