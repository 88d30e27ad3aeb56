"""List units of measure and compare amounts in different units: 90 minutes and 1.5 hours."""

from decimal import Decimal

# Each spelling and the name of its unit.
UNITS = {
    spelling: name
    for name, spellings in {
        "second": "second seconds sec secs s",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs h",
        "day": "day days calendarday calendardays",
        "workingday": "workingday workingdays businessday businessdays",
        "week": "week weeks wk wks",
        "month": "month months",
        "year": "year years yr yrs",
        "percent": "% percent prozent pourcent porcento",
        "permille": "‰ permille permil promille",
        "basispoint": "basispoint basispoints",
        "percentagepoint": "percentagepoint percentagepoints prozentpunkt prozentpunkte "
        "prozentpunkten",
        "°c": "°c ℃",
        "°f": "°f ℉",
        "mm": "mm millimetres millimeters millimetre millimeter",
        "cm": "cm centimetres centimeters centimetre centimeter",
        "m": "m metre metres meter meters",
        "km": "km kilometre kilometres kilometer kilometers",
        "squaremetre": "m² m2 sqm squaremetre squaremetres squaremeter squaremeters",
        "cubicmetre": "m³ m3 cubicmetre cubicmetres cubicmeter cubicmeters",
        "mg": "mg milligram milligrams",
        "g": "g gram grams",
        "kg": "kg kilogram kilograms",
        "tonne": "t tonne tonnes",
        "ml": "ml millilitre millilitres milliliter milliliters",
        "litre": "l litre litres liter liters",
        "crown": "crown crowns",
        "rupee": "₹ rs rs. inr rupee rupees",
        "dollar": "$ us$ dollar dollars usd",
        "euro": "€ euro euros eur",
        "pound": "£ pound pounds gbp lb lbs",
        "yen": "¥ yen jpy",
        "franc": "chf franc francs franken fr. sfr sfr.",
        "cent": "cent cents",
        "mile": "mile miles mi",
        "foot": "foot feet ft",
        "inch": "inch inches",
        "bit": "bit bits",
        "byte": "byte bytes",
        "kb": "kb kilobyte kilobytes",
        "mb": "mb megabyte megabytes",
        "gb": "gb gigabyte gigabytes",
        "volt": "volt volts v",
        "watt": "watt watts",
        "kw": "kw kilowatt kilowatts",
        "character": "character characters",
    }.items()
    for spelling in spellings.split()
}

SCALES = {
    name: size
    for size, names in {
        100: "hundred",
        1_000: "thousand k tausend tsd mille",
        100_000: "lakh lakhs",
        1_000_000: "million millions millionen mio mn mln m",
        10_000_000: "crore crores",
        1_000_000_000: "billion billions milliarde milliarden milliard milliards mrd mld md mds "
        "bn b",
        1_000_000_000_000: "trillion trillions billionen",
    }.items()
    for name in names.split()
}
MONEY = frozenset(("dollar", "euro", "pound", "yen", "franc", "crown", "rupee"))

# Each unit in terms of the smallest unit of its kind. A day is not 24 hours and a month is not 30
# days: in a contract they differ.
_SIZES: tuple[dict[str, Decimal], ...] = tuple(
    {name: Decimal(size) for name, size in kind.items()}
    for kind in (
        {"second": "1", "minute": "60", "hour": "3600"},
        {"day": "1", "week": "7"},
        {"month": "1", "year": "12"},
        {"mm": "1", "cm": "10", "m": "1000", "km": "1000000"},
        {"mg": "1", "g": "1000", "kg": "1000000", "tonne": "1000000000"},
        {"ml": "1", "litre": "1000"},
        {"permille": "1", "percent": "10"},
        {"basispoint": "1", "percentagepoint": "100"},
    )
)
_SIZES_OF_ANSWERS = ({**_SIZES[0], "day": Decimal(86_400), "week": Decimal(604_800)}, *_SIZES[2:])


def glued_unit(letters: str) -> str:
    """Return the unit written right after its number, as in 5kg.

    A single capital letter is not a unit (room 4T), except for the L of litre.
    """
    return UNITS.get(letters if len(letters) == 1 and letters != "L" else letters.casefold(), "")


def base_amount(amount: str, unit: str) -> tuple[int, Decimal] | None:
    """Return the kind of a unit, and the amount in the smallest unit of that kind.

    Returns None if the unit can't be converted to another one.
    """
    kind = next((i for i, sizes in enumerate(_SIZES) if unit in sizes), None)
    return None if kind is None else (kind, Decimal(amount) * _SIZES[kind][unit])


def equal_amounts(one: tuple[str, str], other: tuple[str, str], day_of_hours: bool = False) -> bool:
    """Return whether two amounts in different units are equal: (1.5, hour) and (90, minute).

    `day_of_hours`: a day equals 24 hours, as it does in two answers to one question.
    """
    sizes = next(
        (
            kind
            for kind in (_SIZES_OF_ANSWERS if day_of_hours else _SIZES)
            if one[1] in kind and other[1] in kind
        ),
        {},
    )
    return bool(sizes) and Decimal(one[0]) * sizes[one[1]] == Decimal(other[0]) * sizes[other[1]]
