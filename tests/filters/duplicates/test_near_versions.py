"""Two versions of a document: what is the same, and what contradicts."""

from factory.core.records import Chunk
from filters.duplicates.near_versions import FORM_MIN_COPIES, find_versions
from tests.world import OPENING, WASHING, chunk, document

RULE = "Every tram of the Marrow Street depot is washed within 14 days of its last wash."
REST = "The depot chief Ada Finch keeps the 3 keys of the depot. Drivers who lose a key tell her on the same day."


def of(name: str, text: str) -> Chunk:
    return chunk(text, document=document(text, name).ref)


def found(one: str, other: str) -> list[tuple[bool, bool]]:
    """Whether the two are the same and whether they conflict; nothing where they are no versions of each other."""
    return [(v.same, v.conflict) for v in find_versions([of("2024.md", one), of("2026.md", other)])]


def test_chunks_that_tell_the_same_are_the_same() -> None:
    assert found(f"{RULE} {REST}", f"{RULE.replace('14', 'fourteen')}\n{REST}") == [(True, False)]


def test_a_changed_value_is_a_conflict() -> None:
    assert found(f"{RULE} {REST}", f"{RULE.replace('14', '21')} {REST}") == [(False, True)]


def test_an_added_sentence_makes_another_chunk_but_no_conflict() -> None:
    assert found(f"{RULE} {REST}", f"{RULE} {REST} Trams rest in winter.") == [(False, False)]


def test_chunks_about_something_else_are_no_versions() -> None:
    assert found(OPENING, WASHING) == []


def test_chunks_of_one_document_are_no_versions() -> None:
    assert list(find_versions([of("a.md", f"{RULE} {REST}"), of("a.md", f"{RULE} {REST}")])) == []


def test_another_number_of_a_clause_is_no_other_text() -> None:
    assert found(f"3.1.1 {RULE}\n\n3.1.2 {REST}", f"3.1.2 {RULE}\n\n3.1.3 {REST}") == [
        (True, False)
    ]


def test_who_is_meant_keeps_texts_apart() -> None:
    assert found(f"{RULE} We pay you. {REST}", f"{RULE} You pay us. {REST}") == [(False, False)]


def test_nothing_is_looked_for_in_documents_that_are_no_versions() -> None:
    one, other = (
        of("2024.md", f"{RULE} {REST}"),
        of("2026.md", f"{RULE.replace('14', '21')} {REST}"),
    )
    assert list(find_versions([one, other], lambda *_: False)) == []


def test_a_form_that_each_document_fills_in_is_no_conflict() -> None:
    filled = [
        of(f"{n}.md", f"{RULE.replace('14', str(20 + n))} {REST}")
        for n in range(FORM_MIN_COPIES + 1)
    ]
    assert [v.conflict for v in find_versions(filled[:FORM_MIN_COPIES])] == [True] * (
        FORM_MIN_COPIES * (FORM_MIN_COPIES - 1) // 2
    )
    assert list(find_versions(filled)) == []


HEAD = (
    "| Owner | Ada Finch, depot chief |\n| Version | {0} |\n| Effective date | {0} May |\n| Rest between two trams | {0} minutes |\n\n"
    + REST
)


def test_what_numbers_and_dates_a_document_at_its_beginning_does_not_contradict() -> None:
    chunks = [of(f"{n}.md", HEAD.format(n)) for n in (3, 4)]
    ((other,),) = [
        v.contradictions
        for v in find_versions([c.model_copy(update={"headings": ("Tram depot",)}) for c in chunks])
    ]
    assert ([s.text for s in other.only_one], [s.text for s in other.only_other]) == (
        ["3 minutes"],
        ["4 minutes"],
    )
