"""Find e-mail addresses, phone numbers, payment cards and IBANs, without Presidio."""

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
from factory.documents.pii.findings import PiiFinder, PiiFinding

_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w](?:[\w.+'%&/=~-]*[\w])?@(?:[\w-]+\.)+[^\W\d_]{2,24}(?![\w-])"
)
_CARD = re.compile(r"(?<![\w.,-])[3-6]\d{3}(?:[ -]?\d){8,15}(?![\w-])")
# Country, check digits, up to 30 more in groups of four or none at all (ISO 13616).
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_PLUS = re.compile(r"\+\(?\d(?:[ ().-]{0,3}\d){6,24}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}[.-]\d{2}[.-]\d{4}")
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[.-]\d{4}|555-\d{4}")
_CUE = re.compile(
    r"\b(?:tel|telephone|phone|fax|mobile|cell|call|dial|hotline|pager|fon|telefon)\b\W*(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_CUE_REACH = 40  # characters before a number
CARD_LENGTHS = range(13, 20)  # digits (ISO/IEC 7812)


def find_emails(text: str) -> Iterator[PiiFinding]:
    for m in _EMAIL.finditer(text):
        yield PiiFinding(m.start(), m.end(), "email", m.group().casefold())


def find_payment_cards(text: str) -> Iterator[PiiFinding]:
    """Find numbers of a card's length with a valid check digit (Luhn, ISO/IEC 7812-1 annex B).

    Another number may follow: the longest valid beginning is taken.
    """
    for m in _CARD.finditer(text):
        for end in _group_ends(m.group()):
            digits = re.sub(r"\D", "", m.group()[:end])
            if len(digits) in CARD_LENGTHS and len(set(digits)) > 1 and _luhn(digits):
                yield PiiFinding(m.start(), m.start() + end, "card", digits)
                break


def _group_ends(groups: str) -> list[int]:
    """Return where the groups of a number end, the last first."""
    return [g.end() for g in re.finditer(r"\d+\)?", groups)][::-1]


def _luhn(digits: str) -> bool:
    doubled = [sum(divmod(2 * int(d), 10)) for d in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def find_ibans(text: str) -> Iterator[PiiFinding]:
    """Find account numbers with valid check digits (ISO 7064, mod 97-10), the longest first."""
    for m in _IBAN.finditer(text):
        for end in range(len(m.group()), 14, -1):
            found = m.group()[:end].replace(" ", "")
            if (
                m.group()[end - 1] != " "
                and len(found) >= 15
                and _ends_at_blank(m.group(), end)
                and _mod97(found)
            ):
                yield PiiFinding(m.start(), m.start() + end, "iban", found)
                break


def _ends_at_blank(text: str, end: int) -> bool:
    return end == len(text) or text[end] == " "


def _mod97(iban: str) -> bool:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def phone_finder(settings: DocumentSettings) -> PiiFinder:
    """Find valid numbers of the regions or with +, and possible ones that look like a number."""

    def find(text: str) -> Iterator[PiiFinding]:
        yield from _international(text)
        for region in settings.personal_regions:
            for leniency in (Leniency.VALID, Leniency.POSSIBLE):
                for m in PhoneNumberMatcher(text, region, leniency, max_tries=len(text)):
                    confidence = _phone_confidence(text, m.start, m.raw_string)
                    if confidence and (leniency == Leniency.VALID or confidence > 1):
                        yield PiiFinding(
                            m.start, m.end, "phone", format_number(m.number, PhoneNumberFormat.E164)
                        )

    return find


def _international(text: str) -> Iterator[PiiFinding]:
    """Find numbers with +: the longest beginning that is valid, else the longest possible one."""
    for m in _PLUS.finditer(text):
        tried = [(end, n) for end in _group_ends(m.group()) if (n := _parsed(m.group()[:end]))]
        end, number = next(
            ((end, n) for end, n in tried if is_valid_number(n)), tried[0] if tried else (0, None)
        )
        if number:
            yield PiiFinding(
                m.start(), m.start() + end, "phone", format_number(number, PhoneNumberFormat.E164)
            )


def _parsed(written: str) -> PhoneNumber | None:
    try:
        number = parse(written)
    except NumberParseException:
        return None
    return number if is_possible_number(number) else None


def _phone_confidence(text: str, start: int, raw: str) -> int:
    """Return how much a number looks like a phone number.

    0: not at all; 1: it is written in groups; 2: it has the American form, or a word such as
    "phone" precedes it.
    """
    if "/" in raw or _DATE.fullmatch(raw):
        return 0
    if _AMERICAN.fullmatch(raw) or _CUE.search(text[max(0, start - _CUE_REACH) : start]):
        return 2
    return int(not raw.isdecimal())


FINDERS: Mapping[str, Callable[[DocumentSettings], PiiFinder]] = {
    "email": lambda _: find_emails,
    "iban": lambda _: find_ibans,
    "card": lambda _: find_payment_cards,
    "phone": phone_finder,  # last, since it takes any number that is valid in a region
}
