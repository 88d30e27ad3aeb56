"""What is found without a further package: e-mail addresses, phone numbers, payment cards, IBANs."""

import re
from collections.abc import Callable, Iterator, Mapping

from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    format_number,
    is_possible_number,
    is_valid_number,
    parse,
)

from factory.core.settings import DocumentSettings
from factory.documents.pii.findings import Find, Finding

_EMAIL = re.compile(r"(?<![\w.+'-])[\w](?:[\w.+'%&/=~-]*[\w])?@(?:[\w-]+\.)+[^\W\d_]{2,24}(?![\w-])")
_CARD = re.compile(r"(?<![\w.,-])[3-6]\d{3}(?:[ -]?\d){8,15}(?![\w-])")
# Country, check digits, up to 30 more in groups of four or none at all (ISO 13616).
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_PLUS = re.compile(r"\+\(?\d(?:[ ().-]{0,3}\d){6,24}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}[.-]\d{2}[.-]\d{4}")
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[.-]\d{4}|555-\d{4}")
_CUE = re.compile(r"\b(?:tel|telephone|phone|fax|mobile|cell|call|dial|hotline|pager|fon|telefon)\b\W*(?:\w+\W+){0,2}$", re.IGNORECASE)
_CUE_REACH = 40  # characters before a number
CARD_LENGTHS = range(13, 20)  # digits (ISO/IEC 7812)


def emails(text: str) -> Iterator[Finding]:
    for m in _EMAIL.finditer(text):
        yield Finding(m.start(), m.end(), "email", m.group().casefold())


def cards(text: str) -> Iterator[Finding]:
    """Numbers of a card's length whose check digit is right (Luhn, ISO/IEC 7812-1 annex B), whatever number stands behind it."""
    for m in _CARD.finditer(text):
        for end in _ends(m.group()):
            digits = re.sub(r"\D", "", m.group()[:end])
            if len(digits) in CARD_LENGTHS and len(set(digits)) > 1 and _luhn(digits):
                yield Finding(m.start(), m.start() + end, "card", digits)
                break


def _ends(groups: str) -> list[int]:
    """Where the groups of a number end, the last first."""
    return [g.end() for g in re.finditer(r"\d+\)?", groups)][::-1]


def _luhn(digits: str) -> bool:
    doubled = [sum(divmod(2 * int(d), 10)) for d in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def ibans(text: str) -> Iterator[Finding]:
    """Account numbers whose check digits are right (ISO 7064, mod 97-10), the longest that begins at a place."""
    for m in _IBAN.finditer(text):
        for end in range(len(m.group()), 14, -1):
            found = m.group()[:end].replace(" ", "")
            if m.group()[end - 1] != " " and len(found) >= 15 and _whole(m.group(), end) and _mod97(found):
                yield Finding(m.start(), m.start() + end, "iban", found)
                break


def _whole(text: str, end: int) -> bool:
    return end == len(text) or text[end] == " "


def _mod97(iban: str) -> bool:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def phones(settings: DocumentSettings) -> Find:
    """Numbers that are given out in one of the regions or, with +, anywhere; and those only possible that are written like one."""

    def find(text: str) -> Iterator[Finding]:
        yield from _international(text)
        for region in settings.personal_regions:
            for leniency in (Leniency.VALID, Leniency.POSSIBLE):
                for m in PhoneNumberMatcher(text, region, leniency, max_tries=len(text)):
                    told = _told(text, m.start, m.raw_string)
                    if told and (leniency == Leniency.VALID or told > 1):
                        yield Finding(m.start, m.end, "phone", format_number(m.number, PhoneNumberFormat.E164))

    return find


def _international(text: str) -> Iterator[Finding]:
    """With +, and whatever number stands behind it: the longest beginning that is given out, else as much as may be one."""
    for m in _PLUS.finditer(text):
        tried = [(end, n) for end in _ends(m.group()) if (n := _parsed(m.group()[:end]))]
        end, number = next(((end, n) for end, n in tried if is_valid_number(n)), tried[0] if tried else (0, None))
        if number:
            yield Finding(m.start(), m.start() + end, "phone", format_number(number, PhoneNumberFormat.E164))


def _parsed(written: str) -> PhoneNumber | None:
    try:
        number = parse(written)
    except NumberParseException:
        return None
    return number if is_possible_number(number) else None


def _told(text: str, start: int, raw: str) -> int:
    """How far its writing tells a phone number: 0 not at all, 1 it is cut into groups, 2 it is written as in America or called one."""
    if "/" in raw or _DATE.fullmatch(raw):
        return 0
    if _AMERICAN.fullmatch(raw) or _CUE.search(text[max(0, start - _CUE_REACH) : start]):
        return 2
    return int(not raw.isdecimal())


FINDERS: Mapping[str, Callable[[DocumentSettings], Find]] = {
    "email": lambda _: emails,
    "iban": lambda _: ibans,
    "card": lambda _: cards,
    "phone": phones,  # the last: it takes any number that a region gives out
}
