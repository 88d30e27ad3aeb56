"""A question may use the client's own names, but no other names."""

import pytest

from factory.core.records import Document
from filters.grounding.grounding import grounding
from filters.text.corpus_names import MAX_DOCUMENTS_READ, CorpusNames
from tests.world import document, example

HOUSE = "The rule of Tramco holds."
NOTICE = document(
    f"# The Marrow Street notice\n\n| Number | TR-12 |\n\n## Rule\n\n{HOUSE} The gate of Saltby stays shut.\n",
    "notice.md",
)
OTHERS = [
    document(f"# Rule {n}\n\nIn house {n} {HOUSE[:1].lower()}{HOUSE[1:]}\n", f"{n}.md")
    for n in range(4)
]
KNOWN = CorpusNames([NOTICE, *OTHERS])


def asked_of(question: str, known: CorpusNames = KNOWN, about: Document = NOTICE) -> str:
    """Return why a right answer to this question is rejected."""
    chunk = example().chunk
    return grounding(
        example(instruction=question, chunk=chunk.model_copy(update={"document": about.ref})),
        known=known,
    ).reason


@pytest.mark.parametrize(
    "question",
    [
        "Within how many days does Tramco wash every tram of the Marrow Street depot?",
        "Within how many days is a tram of the Marrow Street depot washed under TR-12?",
    ],
)
def test_a_question_may_name_the_client_and_the_document_that_it_is_about(question: str) -> None:
    assert asked_of(question) == ""


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (
            "Within how many days does Busco wash every tram of the Marrow Street depot?",
            "Busco",
        ),  # no document has it
        (
            "Within how many days does Saltby wash every tram of the Marrow Street depot?",
            "Saltby",
        ),  # one does, in passing
        (
            "Within how many days does Tramco wash each of the 40 trams of the Marrow Street depot?",
            "40",
        ),  # a number is no name
        (
            "Within how many days of Tuesday does Tramco wash every tram of the Marrow Street depot?",
            "Tuesday",
        ),
    ],
)
def test_a_question_may_name_nothing_that_is_not_the_clients(question: str, named: str) -> None:
    assert asked_of(question) == f'The question says "{named}", which does not stand in the source.'


def test_another_documents_number_is_not_known() -> None:
    question = "Within how many days is a tram of the Marrow Street depot washed under TR-12?"
    assert (
        asked_of(question, about=OTHERS[0])
        == 'The question says "TR-12", which does not stand in the source.'
    )


def test_a_known_name_may_not_replace_the_right_one() -> None:
    text = "Trams that Brook washes rest for 14 days at the depot."
    chunk = example().chunk.model_copy(
        update={"text": text, "headings": (), "document": NOTICE.ref}
    )
    questions = [
        f"For how many days do trams that {who} washes rest at the depot?"
        for who in ("Brook", "Tramco")
    ]
    found = [
        grounding(
            example(instruction=q, response="14 days", chunk=chunk, spans=()), known=KNOWN
        ).reason
        for q in questions
    ]
    assert found == ["", 'The question says "Tramco", which does not stand in the source.']


def test_what_is_known_does_not_depend_on_the_order_of_the_documents() -> None:
    turned = CorpusNames([*reversed(OTHERS), NOTICE])
    names = ("tramco", "saltby", "marrow", "tr-12")
    assert (
        [turned(n, NOTICE.ref.digest) for n in names]
        == [KNOWN(n, NOTICE.ref.digest) for n in names]
        == [True, False, True, True]
    )


def test_only_the_title_of_a_single_document_is_known() -> None:
    alone = CorpusNames([NOTICE])
    assert [alone(name, NOTICE.ref.digest) for name in ("tramco", "saltby", "marrow")] == [
        False,
        False,
        True,
    ]


def test_the_same_text_under_two_names_counts_once() -> None:
    twice = CorpusNames(
        [NOTICE, Document(ref=NOTICE.ref.model_copy(update={"name": "copy.md"}), text=NOTICE.text)]
    )
    assert not twice("tramco", NOTICE.ref.digest)


def test_names_are_counted_in_an_even_selection_of_many_documents() -> None:
    many = CorpusNames(
        [document(f"Here {n} Tramco holds.", f"{n}.md") for n in range(4 * MAX_DOCUMENTS_READ)]
    )
    assert (many("tramco", ""), many("here", "")) == (True, False)
