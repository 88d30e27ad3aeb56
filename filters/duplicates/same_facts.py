"""Whether two examples say the same in the same words: the guard that keeps near-identical ones apart that differ in a fact.

What a text tells are its values (14 days, 5 May, TR-12) and the stems of its words in order of place, less the words that may
differ freely. Any other word that is replaced, added or dropped keeps two texts apart: a name, label, verb, denial, "at least",
"may". What leads a question in says nothing; "up to" and "at most" are one bound, "shall" and "must" one duty, "inform" and "tell"
one word (filters.thesaurus). A missed repeat costs a little training time; a merged fact is lost.
"""

import re
from functools import lru_cache

from filters.english.comparatives import COMPARING, in_one_spelling
from filters.english.modality import DUTY_WORDS, duties_in_one_spelling
from filters.english.question_frames import ASKING, asked, unframed
from filters.english.synonyms import SAME
from filters.text.language_id import speaks_english
from filters.text.names import MONTHS
from filters.text.segment import stem
from filters.text.values import NUMBER_WORDS, UNITS, notation, values

Pair = tuple[str, str]  # instruction and response

# Words that change nothing by coming or going. Prepositions that turn a fact (from, by, before, without, per) are not among them.
FREE = frozenset(
    (
        "a an the of to in on at for as is are was were be been being am do does did has have had having will would "
        "that this these those there here it its itself they them their theirs we us our ours you your yours i me my mine "
        "also then so please kindly however therefore thus moreover furthermore indeed"
    ).split()
)
TURNS = frozenset("not no never may must shall should can could might only".split())  # an answer never says one of these idly
_SAME = {"which": "what", "whom": "who", "whose": "who", "cannot": "not", "can't": "not", "n't": "not", "&": "and"}
_OF_VALUES = {*UNITS, *NUMBER_WORDS, *MONTHS, *"hundred thousand million billion and working calendar per cent am pm".split()}
WEIGHTLESS = FREE | COMPARING | DUTY_WORDS | ASKING | {*_SAME, *_SAME.values(), "per", "cent", "percent"}  # may be spelled otherwise
_NOT_PLAIN = WEIGHTLESS | _OF_VALUES
_BOUNDING = COMPARING - FREE - TURNS - {"no", "than"}
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[<>≤≥=±+%$€£§&]")
_PLAIN_MONTHS = "|".join(month for month in MONTHS if month not in ("may", "march"))  # these two are words, too
_SMALL = re.compile(rf"\b(?:{_PLAIN_MONTHS})\b|(?<=\d )(?:may|march)\b|\b[a-z]{{1,4}}-\d[a-z\d]*\b")  # months and codes in small letters
_NUMBERING = re.compile(r"\d+(?:\.\d+)+")
_NOT = re.compile(r"(?:ca|wo|sha)?n['’]t$")
_APOSTROPHE = re.compile(r"[^\W\d]+['’]")
_SHORT = re.compile(r"['’](?:s|re|ve|ll|d|m)$")


def same_facts(one: Pair, other: Pair) -> bool:
    """Whether two examples, near-identical in their words, say the same. Either part may be empty."""
    if _at_sight(one[0]) == _at_sight(other[0]) and _at_sight(one[1]) == _at_sight(other[1]):
        return True
    if bool(one[1].strip()) != bool(other[1].strip()) or _differ_at_sight(one, other):
        return False
    one, other = plainly(one), plainly(other)
    mark = _decimal_mark(" ".join((*one, *other)))
    question, also = told(one[0], mark), told(other[0], mark)
    return _same(question, also) and same_answers(told(one[1], mark), told(other[1], mark), question)


def _decimal_mark(text: str) -> str:
    """As the numerals tell; where they don't, 1.500 is a thousand and a half in every language but English."""
    return notation(text) or ("" if speaks_english(text) else ",")


@lru_cache(maxsize=4096)
def plainly(pair: Pair) -> Pair:
    """The question as it is asked without a frame, bounds and duties in one spelling."""
    question, answer = asked(pair[0]), pair[1]
    return duties_in_one_spelling(in_one_spelling(question)), duties_in_one_spelling(in_one_spelling(answer))


@lru_cache(maxsize=4096)
def _at_sight(text: str) -> tuple[str, ...]:
    """Its words as they stand, less free ones and marks around them: equal ones need no look at their values."""
    found = [stripped for word in text.split() if (stripped := word.strip('.,;:!?…"“”'))]
    return tuple([w for w in found if w not in FREE or w in ("to", "in")] or found)  # 5 to 12 is a range, in at most 5 days a time


def _differ_at_sight(one: Pair, other: Pair) -> bool:
    """Whether a word that can be no part of a value stands on one side alone: most near ones fall here, without a look at values."""
    question, also = _plain(unframed(one[0])), _plain(unframed(other[0]))
    return question != also or bool((_plain(one[1]) ^ _plain(other[1])) - question)


@lru_cache(maxsize=4096)  # a text is held against several near ones, one soon after the other
def _plain(text: str) -> frozenset[str]:
    """Their stems without what is free, may be part of a value, or be spelled otherwise; of bounds whether there are any."""
    tokens = set(_TOKEN.findall(text.casefold()))
    whole = {_root(word) for word in tokens if word.isalpha() and word not in _NOT_PLAIN}
    if not _BOUNDING.isdisjoint(tokens):
        whole.add("≤")
    apart = (w for token in tokens if _APOSTROPHE.match(token) for w in _word(token))
    return frozenset(whole | {w for w in apart if w.isalpha() and w not in _NOT_PLAIN})


# Of words that any two texts may exchange the first. "No" is a denial before it is a number, and mail may be a letter.
_ONE_OF = {stem(stem(word)): stem(stem(group.split()[0])) for group in SAME for word in group.split() if word not in {*TURNS, "mail"}}


def told(text: str, mark: str = "") -> tuple[str, ...]:
    """Values and stems of words in order of place, without the free ones; `mark` is the decimal mark, where the text does not tell."""
    return _told(text.strip(), mark)


@lru_cache(maxsize=4096)
def _told(text: str, mark: str) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    text = _SMALL.sub(lambda m: m.group().title() if m.group().isalpha() else m.group().upper(), text)
    for value in values(text, mark=mark):
        if value.kind != "name":  # names are words like others: each differs or not
            found += _words(text[at : value.start])
            # a clause before a capital, else a number or code
            numbered = value.kind != "date" and bool(_NUMBERING.fullmatch(text, value.start, value.end))
            found.append(f"{'number' if numbered else value.kind} {value.text} {value.unit}")
            at = max(at, value.end)
    found += _words(text[at:])
    return tuple(found or text.casefold().split())  # "It is so" has free words alone: then they count


def _words(text: str) -> list[str]:
    return [w for m in _TOKEN.finditer(text) for w in _word(m.group())]


def _word(token: str) -> list[str]:
    word = token.casefold()
    if _NOT.search(word):
        rest = _NOT.sub("", word)
        return [*([] if rest in FREE or not rest else [_root(rest)]), "not"]
    word = _SHORT.sub("", word)
    if word in FREE and not (len(token) > 1 and token.isupper()):  # the US is not us
        return []
    return [_SAME.get(word, _root(word))]


def _root(word: str) -> str:
    root = stem(stem(word))  # once leaves "employe" of employee and "employ" of employees
    return _ONE_OF.get(root, root)


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """The same words in the same order, or with the text's end moved to its beginning: on 5 May it opens, it opens on 5 May."""
    if one == other:
        return True
    if len(one) != len(other) or sorted(one) != sorted(other):
        return False
    if any(one[cut:] + one[:cut] == other and _movable(one[:cut]) and _movable(one[cut:]) for cut in (1, len(one) - 1)):
        return True
    return _stands_in(other, (one + one)[2:-2])  # where both parts have two words or more


def _stands_in(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Whether the words stand there in a row; a search of texts takes no longer where they repeat. No word holds a line break."""
    return "\n".join(("", *part, "")) in "\n".join(("", *whole, ""))


def _movable(part: tuple[str, ...]) -> bool:
    """Whether it can stand at either end of a text: words enough for a phrase, or a date or time. A lone word is a subject or object."""
    return len(part) > 1 or part[0].startswith(("date ", "time "))


def same_answers(one: tuple[str, ...], other: tuple[str, ...], question: tuple[str, ...]) -> bool:
    """Whether two answers tell the same, or one of them says again what was asked: "14 days" and "It is washed within 14 days"."""
    if _same(one, other):
        return True
    less, more = sorted((one, other), key=len)
    restated = set(question) - TURNS
    at = 0
    for word in less:
        while at < len(more) and more[at] != word and more[at] in restated:
            at += 1
        if at == len(more) or more[at] != word:
            return False
        at += 1
    return bool(less) and set(more[at:]) <= restated
