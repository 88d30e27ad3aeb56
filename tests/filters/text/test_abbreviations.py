"""Full stops of abbreviations and dates do not end a sentence; those of units and words do."""

import pytest

from factory.documents.checkable_facts import find_facts
from filters.text.segment import sentences
from tests.world import chunk

KEPT = """\
Trams rest for max. 12 months.
A ride costs approx. 5 crowns.
Crashes fall under Art. 7 of the code.
It is as Fig. 3 shows.
Wheels are ca. 120 cm wide.
It is paid by Sec. 14 of the terms.
Tram No. 5 leaves.
Take e.g. 3 keys.
Finch vs. 2 others won.
Nimm z. B. 3 Schlüssel.
Nimm z.B. 3 Schlüssel.
Das steht unter Nr. 5 oben.
Es gilt Abs. 2 davon.
Siehe S. 14 oben.
See p. 5 of it.
See pp. 3-4 of it.
Ask Dr. 7 of the yard.
It runs at min. 40 rpm.
Es dauert ggf. 3 Tage.
It is Vol. II of it.
It falls under Secs. 14 ff. of it.
It runs at nom. 50 Hz.
Es gilt § 5 Abs. 2 S. 3 Nr. 4 davon.
Es gilt gem. Art. 5 davon.
Er braucht i. d. R. 5 Tage.
Das sind u. a. Kosten.
Sie liegt Hauptstr. 5 in Au.
Das kostet 5 Mio. Euro im Jahr.
Die max. Leistung beträgt 5 kW.
Es gilt vom 3. Mai 2024 an.
See Art. IV of it.
See App. B for it.
It is open Mon. 9:00 to 10:00.
It opens on Sept. 5 again.
See s. 14 and para. 3 of it.
Das kostet env. 50 Euro.
Il faut p. ex. 3 jours.
Es gilt Pkt. 4 davon.
Es gilt Rdnr. 12 davon.
Call ext. 12 now.
See Eq. (3) of it.
""".splitlines()
ENDED = """\
It lasts 5 min. The tram stops.
It lasts 5 min. 3 people wait.
It weighs 5 kg. 3 men lift it.
He waits 3 h. 5 men come.
It is in the yard. 5 trams wait.
It ends in 2024. In May it opens.
It ends at 5 p.m. The tram comes.
See the app. 5 keys lie there.
Das gilt ab Tag 5. Der Zug fährt.
Es gilt bis 2024. Mai ist warm.
Wash it etc. Then park it.
There he sat. 5 men came.
It is ready. A tram comes.
It rests in May. 5 trams run.
""".splitlines()


@pytest.mark.parametrize(
    "text", [*KEPT, "Trams rest for max.\n12 months.", "Trams rest for max.\u00a012 months."]
)
def test_an_abbreviation_does_not_end_a_sentence(text: str) -> None:
    assert [s.text for s in sentences(text)] == [text]


@pytest.mark.parametrize("text", ENDED)
def test_a_unit_a_word_and_a_year_end_a_sentence(text: str) -> None:
    assert len(sentences(text)) == 2


@pytest.mark.parametrize("short", ["max.", "approx.", "ca.", "min."])
def test_a_value_behind_an_abbreviation_is_asked_for(short: str) -> None:
    text = f"Trams of the Marrow Street depot are washed within {short} 14 days of arrival in Au."
    assert [f.target.text for f in find_facts(chunk(text))] == ["14 days"]


@pytest.mark.parametrize("short", ["Art.", "Fig.", "No.", "Sec.", "p.", "s.", "Vol."])
def test_a_number_that_is_a_name_is_not_asked_for(short: str) -> None:
    text = f"Trams of the Marrow Street depot are washed by {short} 7 rules of the yard on Monday."
    assert [f.target.text for f in find_facts(chunk(text))] == []
