"""Chunks lose no text, cross no heading and are not too long."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from factory.core.records import Passage
from factory.core.settings import ChunkSettings
from factory.documents.chunker import MIN_CHUNK_WORDS, chunk, sections
from factory.documents.reader import normalise
from factory.models.tokenizers import token_count
from filters.text.segment import words
from tests.world import LAW, OPENING, TEXT, WASHING, document, texts

FRAGMENTS = (
    *(
        "# Depot\n",
        "## Trams\n",
        "Keys\n===\n",
        "Stairs\n---\n",
        "```\n",
        "3.2 Opening",
        "DEPOT RULES",
        "\n\n",
        "\n",
        "- ",
        "1. ",
    ),
    *(
        "The depot opens at 6:00. ",
        "tram ",
        "| a | b |\n",
        ".",
        "! ",
        " ",
        "\t",
        "é",
        "e\u0301",
        "😀 ",
        "\u2028",
        "\x0c",
        "\x85",
    ),
)
NAME = document().ref.name
TEXTS = (
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join) | st.text(max_size=120)
).map(normalise)
SIZES = st.integers(4, 60)
BLANK = st.sampled_from(["", "\n", " \n"])


def test_every_section_of_a_small_document_is_one_chunk() -> None:
    found = chunk(document(), 100)
    assert [(c.headings, c.text) for c in found] == [
        (("Tram depot", "Opening"), OPENING),
        (("Tram depot", "Washing"), WASHING),
    ]


def test_a_section_over_the_size_is_cut_at_its_sentences() -> None:
    assert texts(chunk(document(WASHING), 24)) == [
        "Every tram of the Marrow Street depot is washed within 14 days of its last wash.",
        "Trams are not washed on Sunday.",
    ]


def test_a_sentence_over_the_size_is_cut_at_its_words() -> None:
    assert texts(chunk(document("Trams are washed on every single Monday"), 4)) == [
        "Trams are washed",
        "on every single",
        "Monday",
    ]


def test_a_word_over_the_size_is_cut_at_the_size() -> None:
    assert texts(chunk(document("x" * 40), 4)) == ["x" * 19, "x" * 19, "xx"]


def test_a_word_over_the_size_is_cut_where_another_follows_it() -> None:
    assert texts(chunk(document("x" * 40 + " depot opens"), 4)) == [
        "x" * 19,
        "x" * 19,
        "xx depot opens",
    ]


def test_a_chunk_of_the_size_keeps_its_last_letters() -> None:
    assert texts(chunk(document("Trams are washed. " + "x" * 19), 4)) == [
        "Trams are washed.",
        "x" * 19,
    ]


def test_neighbouring_paragraphs_share_a_chunk_while_they_fit() -> None:
    assert texts(chunk(document("Trams run.\n\nTrams rest.\n\nTrams wait."), 6)) == [
        "Trams run.\n\nTrams rest.",
        "Trams wait.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trams rest.", [()]),
        ("# Depot\nTrams rest.", [("Depot",)]),
        ("# Depot ##\nTrams rest.", [("Depot",)]),
        ("#  Depot  # 5 ## \nTrams rest.", [("Depot  # 5",)]),
        (
            "# Depot\n### Keys\nRest.\n## Trams\nRun.\n# Canteen\nEat.",
            [("Depot", "Keys"), ("Depot", "Trams"), ("Canteen",)],
        ),
        ("Depot\n=====\nRest.\n\nKeys\n----\nRun.", [("Depot",), ("Depot", "Keys")]),
        ("3 Trams\n\nRest.\n\n3.2 Keys\n\nRun.", [("3 Trams",), ("3 Trams", "3.2 Keys")]),
        ("DEPOT RULES\n\nTrams rest.", [("DEPOT RULES",)]),
        ("```\n# no heading\n```\nTrams rest.", [()]),
        ("Trams rest.\n# Depot\nTrams run.", [(), ("Depot",)]),
        ("#no heading\nTrams rest.", [()]),
        ("# Depot\n\n## Trams\n", []),
        ("", []),
    ],
)
def test_headings_make_the_path_of_a_section(text: str, expected: list[tuple[str, ...]]) -> None:
    assert [s.headings for s in sections(text, NAME)] == expected


@LAW
@given(TEXTS, SIZES)
def test_chunks_are_slices_of_the_text(text: str, tokens: int) -> None:
    found = chunk(document(text), tokens)
    assert texts(found) == [text[c.start : c.end] for c in found]


@LAW
@given(TEXTS, SIZES)
def test_chunks_stand_in_order_and_apart(text: str, tokens: int) -> None:
    found = chunk(document(text), tokens)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))


@LAW
@given(TEXTS, SIZES)
@example(
    "\u2028# Depot\nKeys\n===\n- # Depot\n3.2 Opening# Depot\né# Depot\n```\n# Depot\n# Depot\n# Depot\n# Depot\n",
    28,
)
def test_a_chunk_crosses_no_heading_but_those_of_short_sections(text: str, tokens: int) -> None:
    whole = sections(text, NAME)
    for c in chunk(document(text), tokens):
        own = [s for s in whole if s.start <= c.start and c.end <= s.end]
        joined = [
            s
            for s in whole
            if not text[s.head : c.start].strip() and s.head >= 0 and s.start < c.end
        ]
        assert [s.headings for s in own] == [c.headings] or {s.headings[:-1] for s in joined} == {
            c.headings
        }
        assert all(len(words(text[s.start : s.end])) < MIN_CHUNK_WORDS for s in joined)


@LAW
@given(TEXTS, SIZES)
def test_every_character_of_a_section_is_in_a_chunk(text: str, tokens: int) -> None:
    held = {n for c in chunk(document(text), tokens) for n in range(c.start, c.end)}
    assert [
        n
        for s in sections(text, NAME)
        for n in range(s.start, s.end)
        if n not in held and text[n].strip()
    ] == []


ANSWERS = "## Where does tram {0} of the depot rest at night?\n\nIn hall {0}.\n\n"


@pytest.mark.parametrize(
    ("count", "together"), [(1, [1]), (2, [2]), (3, [3]), (4, [4]), (6, [3, 3]), (8, [3, 5])]
)
def test_short_answers_below_one_heading_are_joined_with_their_questions(
    count: int, together: list[int]
) -> None:
    found = chunk(document("# Depot\n\n" + "".join(map(ANSWERS.format, range(count)))), 200)
    assert [(c.headings, c.text.count("?")) for c in found] == [(("Depot",), n) for n in together]


def test_short_answers_below_different_headings_stay_apart() -> None:
    text = f"# Ash\n\n{ANSWERS.format(1)}# Birch\n\n{ANSWERS.format(2)}"
    assert [c.headings for c in chunk(document(text), 200)] == [("Ash",), ("Birch",)]


def test_sections_with_words_enough_are_chunks_as_before() -> None:
    text = f"# Depot\n\n{WASHING}\n\n{ANSWERS.format(1)}## Opening\n\n{OPENING}\n"
    assert texts(chunk(document(text), 200)) == [WASHING, ANSWERS.format(1).strip(), OPENING]


@pytest.mark.parametrize(
    "body", ["[Reserved]", "---", "By: ________________\nName: Ada Finch\nTitle: Head of depot"]
)
def test_sections_with_nothing_to_ask_are_not_joined(body: str) -> None:
    text = f"# Depot\n\n## The keys of every tram of the depot\n\n{body}\n\n{ANSWERS.format(1)}"
    assert texts(chunk(document(text), 200)) == [body, ANSWERS.format(1).strip()]


def test_the_shortest_answer_is_joined_with_its_question() -> None:
    text = "# Depot\n\n## May a tram rest in the depot on Sunday?\n\nNo.\n\n## May it be washed there?\n\nYes.\n"
    assert texts(chunk(document(text), 200)) == [text.removeprefix("# Depot").strip()]


def test_short_sections_that_do_not_fit_together_stay_as_they_are() -> None:
    text = "# Depot\n\n" + "".join(map(ANSWERS.format, range(3)))
    assert texts(chunk(document(text), 8)) == ["In hall 0.", "In hall 1.", "In hall 2."]


@LAW
@given(
    st.lists(st.text(alphabet="aé😀.-#", min_size=1, max_size=12), max_size=60),
    st.lists(BLANK, min_size=60, max_size=60),
    SIZES,
)
def test_no_chunk_is_over_the_size(words: list[str], blanks: list[str], tokens: int) -> None:
    text = "".join(f"{word} {blank}" for word, blank in zip(words, blanks, strict=False))
    assert [t for t in texts(chunk(document(text), tokens)) if token_count(t) > tokens] == []


def test_the_digest_of_a_chunk_does_not_depend_on_its_document() -> None:
    one, other = (
        chunk(document(), 100),
        chunk(document(f"Trams rest.\n\n{TEXT}", "other.md"), 100)[1:],
    )
    assert [c.digest for c in one] == [c.digest for c in other]


def test_the_digest_of_a_chunk_depends_on_its_headings() -> None:
    one, other = (chunk(document(f"# {title}\n{WASHING}"), 100)[0] for title in ("Trams", "Buses"))
    assert one.digest != other.digest


def test_a_list_stays_whole_with_its_lead_in_where_it_fits() -> None:
    listed = "Keys:\n\n- one for each of the trams\n\n- one for the whole depot"
    assert texts(chunk(document(f"Trams rest in the depot on every Sunday.\n\n{listed}"), 22)) == [
        "Trams rest in the depot on every Sunday.",
        listed,
    ]


def test_a_clause_over_the_size_is_cut_at_its_elements() -> None:
    text = "2.1 Trams rest here on Sunday and\n(a) are washed on each Monday,\n(b) are oiled on each Friday."
    assert texts(chunk(document(text), 16)) == [
        "2.1 Trams rest here on Sunday and",
        "(a) are washed on each Monday,\n(b) are oiled on each Friday.",
    ]


TABLE = "| Tram | Crowns |\n|---|---|\n| Ash | 12 |\n| Birch | 14 |\n| Cedar | 15 |"


def test_a_table_that_fits_stays_whole() -> None:
    assert [(c.text, c.header) for c in chunk(document(TABLE), 60)] == [(TABLE, "")]


def test_a_table_that_is_cut_repeats_its_head() -> None:
    found = chunk(document(TABLE), 17)
    head, first = TABLE.split("\n| Ash")[0], found[0]
    assert (first.header, {c.header for c in found[1:]}) == ("", {head})
    assert found[-1].shown == f"{head}\n| Cedar | 15 |"
    assert first.text.startswith(head)


def test_neighbours_share_whole_sentences_of_a_section() -> None:
    text = "Trams run. Trams rest. Trams wait. Trams sleep."
    assert texts(chunk(document(text), ChunkSettings.model_construct(tokens=8, overlap=4))) == [
        "Trams run. Trams rest. Trams wait.",
        "Trams wait. Trams sleep.",
    ]


def test_a_passage_is_one_chunk_whatever_it_contains() -> None:
    text = "Trams rest.\n\n# Depot\n\nKeys stay."
    given = document(text).model_copy(
        update={"passages": (Passage(start=0, end=20, headings=("Q1",)), Passage(start=22, end=32))}
    )
    assert [(c.text, c.headings) for c in chunk(given, 100)] == [
        ("Trams rest.\n\n# Depot", ("Q1",)),
        ("Keys stay.", ()),
    ]


@pytest.mark.parametrize(
    "title", ["Article 5", "§ 12 Keys of the depot", "Section 3.1 Trams", "Annex B"]
)
def test_a_lone_line_that_names_its_part_is_a_heading(title: str) -> None:
    assert [s.headings for s in sections(f"{title}\n\nTrams rest.", NAME)] == [(title,)]
