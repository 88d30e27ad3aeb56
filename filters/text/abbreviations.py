"""Recognise full stops that do not end a sentence: abbreviations and dates in three languages.

The lists cover English, German and French.
"""

import re

LOOK_BACK = 24  # characters before a full stop that are read

# These are never the last word of a sentence.
_NEVER = frozenset(
    (
        "dr prof mr mrs ms messrs mme mlle hr hrn dipl ing dipl.-ing mag vs viz cf vgl bzw bspw "
        "ggf ggfs evtl inkl incl exkl excl "
        "zzgl abzgl bzgl sog lt gem ca approx appx max min eg ie e.g i.e z.b d.h i.d.r i.v.m "
        "p.ex c.-à-d fig figs abb nr nrn nos ziff "
        "kap rdnr rdn rn rz tz chap sect arts paras eqs bd bde jh tel mio mrd tsd hrsg ehem insb "
        "insbes resp durchschn u.a"
    ).split()
)
# These are often the last word of a sentence, but not before a number, a single letter or a Roman
# numeral: Art. 7, Vol. II, Jan. 5.
_BEFORE_NUMBERS = frozenset(
    (
        "art sec vol ch cl para reg sch sched rev ver ref pos ann anl anh att pt pts col fol lit "
        "ed eds no abs ext std est avg temp dia "
        "mind al env pkt seite eq ex ord rég alin éd nov v secs nom typ rel qty anm abschn "
        "buchst aufl ausg beil abt nachtr lfd"
    ).split()
)
# Only capitalised: app and tab are words.
_CAPITALISED = frozenset("App Tab Cap Pl Bl Zi Ill Rm Ste Apt Bldg".split())
_DAYS = frozenset(  # only before a number
    (
        "Jan Feb Febr Mar Mär Apr Jun Jul Aug Sep Sept Oct Okt Nov Dec Dez Mon Tue Tues Wed Thu "
        "Thur Thurs Fri Sat Sun Mo Di Mi Do Fr "
        "Sa So"
    ).split()
)
_UNITS = frozenset(
    (
        "min sec s h g m l t d a std hr hrs yr yrs kg km cm mm ml dl cl mg ft lb lbs oz kw kwh pt "
        "st"
    ).split()
)
_MONTHS = frozenset(
    (
        "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember "
        "Jan Feb Mär Apr Jun Jul Aug Sep Okt Nov Dez"
    ).split()
)
_OPENING = "([{<\"'“‘„«/–—-*_|"
_VOWEL = re.compile(r"[aeiouyäöüàâéèêëîïôûœæ]")
_NEXT = re.compile(
    r"[\"'“‘„«(\[]?(?:(?P<number>\d)|(?P<counted>[A-Z]|[IVXLC]+)(?=[\W\d])|(?P<word>[^\W\d_]+))"
)
_DAY = re.compile(r"(?<![\w.,-])\d{1,2}$")
_DAY_AND_MONTH = re.compile(r"(?<![\w.,-])\d{1,2}\.\s\d{1,2}$")
_YEAR = re.compile(r"(?:19|20)\d\d(?!\w|[.,]\d)")
_MONTH_AND_YEAR = re.compile(rf"(?:0?[1-9]|1[0-2])\.\s?{_YEAR.pattern}")
_LETTER = re.compile(r"[^\w\s]*[^\W\d_]\.")


def sentence_continues(text: str, stop: int, after: int) -> bool:
    """Return whether the sentence continues after the full stop at `stop`.

    `after` is the place where the next word begins.
    """
    # the leftmost part may be cut off
    parts = text[max(0, stop - LOOK_BACK) : stop].rsplit(None, 2)
    word = parts[-1].lstrip(_OPENING) if parts else ""
    low, before = word.lower(), parts[-2] if len(parts) > 1 else ""
    if low in _UNITS and before[-1:].isdigit():
        return False  # 5 min.
    if low in _NEVER or (len(word) == 1 and _LETTER.fullmatch(before)):
        return True  # u. a. Kosten
    following = _NEXT.match(text, after)
    if not following:
        return False
    if following["number"] and word.isdigit() and _in_date(text, stop, after):
        return True
    if following["word"]:
        return following["word"] in _MONTHS and len(word) <= 2 and word.isdigit()
    return _counts(word, number=following["number"] is not None)


def _in_date(text: str, stop: int, after: int) -> bool:
    """Return whether the full stop is part of a date with spaces: 7. 2. 2027."""
    day = _DAY.search(text, max(0, stop - LOOK_BACK), stop) and _MONTH_AND_YEAR.match(text, after)
    month = _DAY_AND_MONTH.search(text, max(0, stop - LOOK_BACK), stop) and _YEAR.match(text, after)
    return bool(day or month)


def _counts(word: str, number: bool) -> bool:
    """Return whether the word is an abbreviation in front of a number or a letter that counts."""
    low = word.lower()
    if low in _BEFORE_NUMBERS or word in _CAPITALISED:
        return True
    if len(word) == 1 or not number:
        return len(word) == 1 and word.isalpha()  # p. 5, z. B.
    if word in _DAYS:
        return True
    short = 1 < len(word) <= 5 and word.isalpha() and not word.isupper() and low not in _UNITS
    return low.endswith("str") or (short and not _VOWEL.search(low))  # Hauptstr. 5, Pkt. 5
