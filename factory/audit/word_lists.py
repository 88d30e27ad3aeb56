"""The planter's own word lists: numbers, units, months, modal verbs, bounds, unsupported clauses,
synonyms.
"""

NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten "
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
).split()

MONTHS = (
    "January February March April May June July August September October November December".split()
)
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

# Units that can replace each other, as (singular, plural); equal forms are written twice.
UNITS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("second", "seconds"),
        ("minute", "minutes"),
        ("hour", "hours"),
        ("day", "days"),
        ("week", "weeks"),
        ("month", "months"),
        ("year", "years"),
    ),
    (("working day", "working days"), ("calendar day", "calendar days"), ("week", "weeks")),
    (("business day", "business days"), ("calendar day", "calendar days"), ("week", "weeks")),
    (("Working Day", "Working Days"), ("calendar day", "calendar days"), ("week", "weeks")),
    (("Business Day", "Business Days"), ("calendar day", "calendar days"), ("week", "weeks")),
    (("mm", "mm"), ("cm", "cm"), ("km", "km")),
    (
        ("millimetre", "millimetres"),
        ("centimetre", "centimetres"),
        ("metre", "metres"),
        ("kilometre", "kilometres"),
    ),
    (("inch", "inches"), ("foot", "feet"), ("yard", "yards"), ("mile", "miles")),
    (("g", "g"), ("kg", "kg")),
    (("gram", "grams"), ("kilogram", "kilograms"), ("tonne", "tonnes")),
    (("ml", "ml"), ("l", "l")),
    (("litre", "litres"), ("gallon", "gallons")),
    (("°C", "°C"), ("°F", "°F")),
    (("KB", "KB"), ("MB", "MB"), ("GB", "GB"), ("TB", "TB")),
    (("crown", "crowns"), ("euro", "euros"), ("dollar", "dollars"), ("franc", "francs")),
)
MONEY_SIGNS = "$€£"

# Words in names of roles and bodies, not people: such names replace only each other.
ROLE_WORDS = frozenset(
    (
        "Officer Manager Director Controller Supervisor Person Panel Committee Board Council "
        "Administrator Team Department Engineer Coordinator Lead Office Group Chief Head President "
        "Secretary Bureau Agency Authority Commission Desk Unit Division Counsel"
    ).split()
)

# Terms that contain one of these measure time.
TIME_WORDS = frozenset(
    (
        "Day Days Week Weeks Month Months Year Years Hour Hours Minutes Period Periods Date Dates "
        "Quarter"
    ).split()
)

AUXILIARIES = "is are was were may must can will shall should could would".split()

# A modal verb and one of another strength. `may` does not become `can`, nor `must` `shall`:
# they mean the same.
MODALITY: tuple[tuple[str, str], ...] = (
    ("must not", "need not"),
    ("may not", "need not"),
    ("shall not", "need not"),
    ("cannot", "need not"),
    ("is required to", "is allowed to"),
    ("are required to", "are allowed to"),
    ("is allowed to", "is required to"),
    ("are allowed to", "are required to"),
    ("is permitted to", "is required to"),
    ("are permitted to", "are required to"),
    ("has to", "may"),
    ("have to", "may"),
    ("needs to", "may"),
    ("need to", "may"),
    ("must", "may"),
    ("shall", "may"),
    ("should", "must"),
    ("may", "must"),
    ("can", "must"),
    ("will", "may"),
    ("is required", "is recommended"),
    ("are required", "are recommended"),
    ("mandatory", "optional"),
    ("optional", "mandatory"),
)

# A bound and its opposite.
BOUNDS: tuple[tuple[str, str], ...] = (
    ("not more than", "not less than"),
    ("no more than", "no less than"),
    ("not less than", "not more than"),
    ("no less than", "no more than"),
    ("at least", "at most"),
    ("at most", "at least"),
    ("up to", "at least"),
    ("more than", "less than"),
    ("less than", "more than"),
    ("no later than", "no earlier than"),
    ("not later than", "not earlier than"),
    ("no earlier than", "no later than"),
    ("minimum", "maximum"),
    ("maximum", "minimum"),
    ("above", "below"),
    ("below", "above"),
    ("within", "after"),
    ("before", "after"),
    ("after", "before"),
)

# Clauses that a fluent writer adds to a sentence; `$n` is a number that the chunk does not state.
CLAUSES = (
    ", and a written copy must be sent to the regional office within $n days",
    ", unless the managing director has agreed otherwise in writing",
    ", and the fee for this is $n euros",
    ", but only after approval by the steering committee",
    ", which is reviewed every $n months by an outside consultant",
    ", except during the summer holidays",
    ", so that insurance premiums stay low",
    ", as the regulator has demanded since 2011",
    ", and this also applies to volunteers and visitors",
    ", in order to protect the reputation of the brand",
    ", and a penalty of $n per cent is charged otherwise",
    ", provided that two witnesses have signed",
    ", which most customers regard as generous",
    ", and photographs of it are kept in the archive",
    ", because earlier incidents had caused injuries",
    ", and it can be repeated up to $n times",
    ", with priority given to pregnant women",
    ", and any exception is published in the newsletter",
    ". The same holds abroad, where the embassy is told as well",
    ". Union representatives are informed by telephone",
    ". This rule was introduced after a fire in the old warehouse",
    ". Later complaints are handled by a lawyer in the capital",
)
# The same for an answer of a few words.
ADDITIONS = (
    ", payable in advance by bank transfer",
    ", or twice as much on public holidays",
    ", as agreed with the trade union",
    ", after written approval by the steering committee",
    ", but only for permanent staff",
    ", plus a deposit of $n euros",
    ", renewed every $n months",
    ", because of earlier accidents",
    ", with a colleague as a witness",
    ", which is lower than the industry average",
    ", except in winter",
    ", subject to an audit by the insurer",
    ", and again after $n weeks",
    ", to be confirmed by registered letter",
    ", on presentation of a passport",
)

# Synonyms. A word with another meaning as well is only listed second, as a replacement.
SYNONYM_PAIRS: tuple[tuple[str, str], ...] = (
    *(
        pair
        for one, other in (
            ("receives", "gets"),
            ("receive", "get"),
            ("is needed", "is required"),
            ("are needed", "are required"),
            ("annually", "once a year"),
            ("permitted", "allowed"),
            ("begins", "starts"),
            ("assists", "helps"),
            ("assist", "help"),
            ("immediately", "at once"),
            ("informs", "tells"),
            ("inform", "tell"),
            ("completed", "finished"),
            ("often", "frequently"),
            ("large", "big"),
            ("carried out", "performed"),
            ("shall", "must"),
        )
        for pair in ((one, other), (other, one))
    ),
    ("buys", "purchases"),
    ("buy", "purchase"),
    ("per cent", "%"),
    ("per year", "a year"),
    ("per month", "a month"),
    ("per week", "a week"),
    ("per day", "a day"),
    ("per night", "a night"),
    ("finishes", "ends"),
    ("approximately", "about"),
    ("regarding", "about"),
    ("concerning", "about"),
    ("provides", "supplies"),
    ("obtains", "gets"),
    ("obtain", "get"),
    ("additional", "further"),
    ("ensures", "makes sure"),
    ("ensure", "make sure"),
    ("entire", "whole"),
    ("employees", "staff"),
    ("documentation", "documents"),
    ("contains", "holds"),
    ("sent", "forwarded"),
    ("via", "through"),
    ("such as", "like"),
)
# The beginning of a question, and another one that asks the same.
QUESTION_OPENINGS: tuple[tuple[str, str], ...] = (
    ("How much is", "What is the amount of"),
    ("How many", "What number of"),
    ("How long", "For how much time"),
    ("How often", "At what interval"),
    ("How soon", "After what time at the latest"),
    ("What is", "What would be"),
    ("Who", "Which person"),
    ("Whom", "Which person"),
    ("Where", "At what place"),
    ("When", "At what point in time"),
    ("What does the text state about", "What is stated about"),
    ("Which", "What"),
    ("Up to", "To at most"),
    ("Within how many", "In at most how many"),
)
QUESTION_WRAPPERS = (
    "Could you tell me: $q",
    "A colleague wants to know: $q",
    "I need to know this: $q",
    "Please answer this question: $q",
    "Just to be sure, $q",
)
