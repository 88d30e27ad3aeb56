"""Prompt files and their placeholders."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core import prompts
from factory.core.prompts import Prompt, advice, load_prompt
from tests.world import LAW, mistake

ASK = Prompt(name="ask", system="You wash $thing.", user="Wash the $thing at $place.", digest="d1")


def test_the_names_stand_in_both_parts() -> None:
    assert ASK.fill(thing="tram", place="depot") == ("You wash tram.", "Wash the tram at depot.")


@pytest.mark.parametrize(
    ("names", "odd"),
    [
        ({"thing": "tram"}, "place"),
        ({"thing": "tram", "place": "depot", "when": "now"}, "when"),
        ({}, "place"),
    ],
)
def test_a_missing_or_an_unused_name_is_a_mistake(names: dict[str, str], odd: str) -> None:
    assert mistake(lambda: ASK.fill(**names)) == (
        f"prompts/ask.txt: ${odd} is missing from the file or unknown to docstill; restore the file's placeholders"
    )


@LAW
@given(st.text(alphabet="${}place \n%"))
def test_a_document_full_of_placeholders_stays_as_it_is(text: str) -> None:
    assert Prompt("ask", "", "[$chunk]", "d1").fill(chunk=text) == ("", f"[{text}]")


def test_a_prompt_file_has_a_system_and_a_user_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brief.txt").write_text("Be brief.\n---\n$question\n", encoding="utf-8")
    monkeypatch.setattr(prompts, "files", lambda _: tmp_path)
    read = load_prompt.__wrapped__("brief")
    assert (read.name, read.system, read.user) == ("brief", "Be brief.", "$question")


def test_a_prompt_file_without_a_rule_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brief.txt").write_text("Be brief.\n$question\n", encoding="utf-8")
    monkeypatch.setattr(prompts, "files", lambda _: tmp_path)
    assert mistake(lambda: load_prompt.__wrapped__("brief")) == (
        "prompts/brief.txt has no line `---`; put one between its system and its user part"
    )


def test_the_digest_of_a_prompt_names_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "files", lambda _: tmp_path)
    digests = set()
    for words in ("Be brief.", "Be brief!", "Be brief."):
        (tmp_path / "brief.txt").write_text(f"{words}\n---\n$question\n", encoding="utf-8")
        digests.add(load_prompt.__wrapped__("brief").digest)
    assert len(digests) == 2


BUNDLED = sorted(
    f.name.removesuffix(".txt") for f in files("prompts").iterdir() if f.name.endswith(".txt")
)


WORDS = ("refusal", "manner")  # files of sentences, without parts


@pytest.mark.parametrize(
    "name", [n for n in BUNDLED if n not in WORDS and not n.startswith(("mend_", "shift_"))]
)
def test_every_bundled_prompt_can_be_read(name: str) -> None:
    assert load_prompt(name).name == name


@pytest.mark.parametrize("name", [n for n in BUNDLED if n.startswith("mend_")])
def test_every_bundled_advice_has_a_sentence_for_what_it_does_not_name(name: str) -> None:
    assert advice(name)["other"].endswith(".")
