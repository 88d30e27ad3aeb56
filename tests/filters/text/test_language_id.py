"""A text in another language than its source is found, unless it is too short to tell."""

import pytest

from filters.text.language_id import detect_language, is_english, language_mismatch
from tests.world import WASHING

GERMAN = "Jede Bahn des Depots wird nach 14 Tagen gewaschen. Sie steht dann in der Halle und darf nicht auf die Strecke."


@pytest.mark.parametrize(
    ("text", "source", "language"),
    [
        ("Die Bahnen werden von der Leitung und dem Fahrer gewaschen.", WASHING, "German"),
        ("Trams of the depot are washed by the driver and not on Sunday.", GERMAN, "English"),
        ("трамваи моют", WASHING, "Cyrillic"),
        ("電車は洗います", WASHING, "Chinese or Japanese"),
    ],
)
def test_another_language_is_named(text: str, source: str, language: str) -> None:
    assert language_mismatch(text, source) == language


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("within 14 days", WASHING),
        ("14 Tage", WASHING),
        ("Ada Finch", GERMAN),
        ("at the depot", GERMAN),
        ("5 kΩ", WASHING),
        ("Jede Bahn wird in der Halle gewaschen.", GERMAN),
        ("Trams are not washed on Sunday.", WASHING),
        ("Es wird die Bahn und der Bus gewaschen.", "14"),
        ("", ""),
    ],
)
def test_the_same_language_or_too_few_words_pass(text: str, source: str) -> None:
    assert language_mismatch(text, source) == ""


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("When is the tram washed?", True),
        ("Ada Finch?", True),
        ("Wann wird die Bahn gewaschen?", False),
        ("電車はいつ洗いますか", False),
    ],
)
def test_english_is_distinguished_from_other_languages(text: str, english: bool) -> None:
    assert is_english(text) == english


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The crew of the tram must be at the depot by six, and it is paid for that.", "en"),
        ("Die Fahrer sind um sechs Uhr im Depot und werden für die Zeit bezahlt.", "de"),
        ("運転士は六時までに車庫に着きます。", "ja"),
        ("司機必須在六點之前到達車庫。", "zh"),
        ("Κάθε βράδυ πλένονται τα τραμ.", "el"),
        ("Водители приходят в депо к шести часам.", ""),  # many languages write Cyrillic
        ("12 34", ""),
    ],
)
def test_a_language_is_named_if_script_or_words_identify_it(text: str, code: str) -> None:
    assert detect_language(text) == code
