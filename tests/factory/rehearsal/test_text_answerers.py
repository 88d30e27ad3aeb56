"""Rehearsals of what is written whole: a teacher without fault loses nothing that is right and has nothing kept that is not."""

import json
from pathlib import Path

from factory.core.outcomes import outcome_lines
from factory.core.prompts import prompt_text
from factory.core.run_folder import Run
from factory.pipeline import Events
from factory.rehearsal import Rehearsal, rehearse
from factory.rehearsal.setup import RehearsalSettings
from filters.answers.conversation import join_turns, turn_field
from tests.world import OPENING, WASHED, WASHING, mistake

HEAD = '[documents]\npaths = ["."]\n[[teachers]]\nname = "t"\nmodel = "openai/x"\n[student]\nbase = "s"\n[[tasks]]\n'
EARS = Events(lambda _: None, lambda _: None, lambda _: None, lambda _: None)
REFUSAL = prompt_text("refusal")
OPENS, KEYS = (f"{s}." for s in OPENING.rstrip(".").split(". "))
CHIEF = "the depot chief Ada Finch"
LETTERS = {
    "The tram of the Garrick depot has had a broken door since Monday, and it must be mended before Friday.": "repair",
    "Our crew was content with the tram of the Osier depot, and we would like to hire it for another year.": "lease",
    "A passenger of the Bell depot writes that the tram was late, and that nobody had told her about it.": "complaint",
    "The Larch depot asks whether its trams may be hired for two more months at the same price as before.": "lease",
    "The brakes of the tram that stands in the Quay depot are worn, and someone must mend them very soon.": "repair",
    "I am not content at all: the driver of the Pell tram did not stop, though I had waved to him twice.": "complaint",
}


def rehearsed(
    folder: Path, task: str, rows: list[dict[str, object]], wrong: float = 0.0
) -> Rehearsal:
    (folder / "r.toml").write_text(HEAD + task, encoding="utf-8")
    (folder / "gold.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    script = RehearsalSettings(
        folder / "r.toml", (), folder / "gold.jsonl", folder / "out", wrong=wrong, correlated=0.0
    )
    (found,) = rehearse(script, EARS)
    return found


def kept(found: Rehearsal) -> list[tuple[str, str]]:
    return sorted(
        (line.instruction, line.response)
        for line in outcome_lines(Run(Path(found.folder) / "seed-0"))
        if line.ending == "kept"
    )


def test_a_conversation_is_kept_with_the_answers_of_the_gold(tmp_path: Path) -> None:
    instruction = join_turns(
        ["At what time does the Marrow Street depot open?", "at 6:00", "And who keeps its 3 keys?"]
    )
    spans = [
        {
            "start": OPENING.index(text),
            "end": OPENING.index(text) + len(text),
            "text": text,
            "field": turn_field(n),
        }
        for n, text in enumerate((OPENS, KEYS), 1)
    ]
    row: dict[str, object] = {
        "id": "t1",
        "task": "conversation",
        "instruction": instruction,
        "response": CHIEF,
        "chunk": OPENING,
    }
    assert kept(
        rehearsed(tmp_path, 'kind = "conversation"\nturns = 2\n', [{**row, "spans": spans}])
    ) == [(instruction, CHIEF)]


def test_a_question_without_an_answer_is_kept_and_one_with_an_answer_is_not(tmp_path: Path) -> None:
    asked = "Which detergent is a tram of the Marrow Street depot washed with?"
    answered = "How soon after its last wash does a tram of the depot get its next one?"
    rows: list[dict[str, object]] = [
        {
            "id": "u1",
            "task": "unanswerable",
            "instruction": asked,
            "response": REFUSAL,
            "chunk": WASHING,
        },
        {
            "id": "u2",
            "task": "unanswerable",
            "instruction": answered,
            "response": "within 14 days",
            "chunk": f"{WASHED} The crew does it.",
        },
    ]
    assert kept(rehearsed(tmp_path, 'kind = "unanswerable"\n', rows)) == [(asked, REFUSAL)]


def test_a_text_is_kept_only_where_it_is_of_the_label_that_was_asked_for(tmp_path: Path) -> None:
    labels = ", ".join(f'{{ name = "{name}" }}' for name in ("lease", "repair", "complaint"))
    rows: list[dict[str, object]] = [
        {
            "id": f"l{i}",
            "task": "classification",
            "instruction": text,
            "response": label,
            "chunk": text,
        }
        for i, (text, label) in enumerate(LETTERS.items())
    ]
    found = kept(
        rehearsed(
            tmp_path, f'kind = "classification"\nsource = "written"\nlabels = [{labels}]\n', rows
        )
    )
    assert 0 < len(found) < len(rows)
    assert all(LETTERS[text] == label for text, label in found)


def test_a_reader_that_always_errs_leaves_no_right_refusal(tmp_path: Path) -> None:
    asked = "Which detergent is a tram of the Marrow Street depot washed with?"
    row: dict[str, object] = {
        "id": "u1",
        "task": "unanswerable",
        "instruction": asked,
        "response": REFUSAL,
        "chunk": WASHING,
    }
    assert kept(rehearsed(tmp_path, 'kind = "unanswerable"\n', [row], wrong=1.0)) == []


def test_a_shape_of_the_clients_own_can_not_be_rehearsed(tmp_path: Path) -> None:
    text = "from pydantic import BaseModel\nfrom factory.tasks.own import Own\nclass Card(BaseModel):\n    duty: str\n"
    (tmp_path / "cards.py").write_text(
        f'{text}task = Own(write="Make a card.", shape=Card)\n', encoding="utf-8"
    )
    row: dict[str, object] = {
        "id": "c1",
        "task": "cards",
        "instruction": "Make a card.",
        "response": "{}",
        "chunk": WASHING,
    }
    sentence = 'task "cards": has a custom answer shape; only custom tasks with text answers can be rehearsed'
    assert (
        mistake(lambda: rehearsed(tmp_path, 'kind = "own"\nfile = "cards.py"\n', [row])) == sentence
    )
