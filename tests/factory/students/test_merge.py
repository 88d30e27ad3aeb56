"""A merged run: its held-out questions are those of all runs, and none of what another run has learnt."""

import json
from pathlib import Path

import pytest

from factory.commands.registry import merging, run_merge
from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.students.merge import (
    MERGED_FILES,
    GatheredQuestions,
    begin_merge,
    gather_questions,
    mergekit_config,
)

TEXTS = {
    "a": "Drivers on scheduled delivery routes receive the fixed road allowance of 31 crowns per shift instead of the meal allowances.",
    "b": "The depot at Fennick opens at five in the morning and closes when the last refrigerated van of the evening has been unloaded.",
    "c": "A complaint about a late delivery is answered in writing within nine working days by the head of the depot that caused it.",
}
RECIPE = '[documents]\npaths = ["x"]\n[[teachers]]\nname = "t"\nmodel = "openai/x"\n[[tasks]]\nkind = "qa"\n[student]\nbase = "{base}"\n'


def row(id: str, document: str, answer: str = "") -> dict[str, object]:
    said = (("user", f"Excerpt: {TEXTS[document]}\nQuestion: {id}?"), ("assistant", answer or id))
    place = {"digest": document, "name": f"{document}.md"}
    meta = {
        "id": id,
        "document": place,
        "chunk": {"digest": f"c{document}", "start": 0, "end": len(TEXTS[document])},
    }
    return {
        "messages": [{"role": role, "content": content} for role, content in said],
        "meta": meta,
    }


def run(folder: Path, train: str, base: str = "small", **sets: list[dict[str, object]]) -> Run:
    made = Run(folder)
    made.create()
    made.write("recipe.toml", RECIPE.format(base=base))
    for digest, text in TEXTS.items():
        made.write(f"documents/{digest}.txt", text)
    made.write_lines(
        "train.jsonl",
        [row(f"t{folder.name}{place}", document) for place, document in enumerate(train)],
    )
    for name, rows in sets.items():
        made.write_lines(f"{name}.jsonl", rows)
    return made


def ids(made: Run, name: str) -> list[str]:
    return [row["meta"]["id"] for row in made.lines(name)]  # type: ignore[index]


def test_the_questions_of_all_runs_are_asked(tmp_path: Path) -> None:
    one, two, out = (
        run(tmp_path / "one", "a", test=[row("q1", "b")]),
        run(tmp_path / "two", "a", test=[row("q2", "c")]),
        Run(tmp_path / "m"),
    )
    assert gather_questions([one, two], out) == GatheredQuestions(2, ())
    assert ids(out, "test.jsonl") == ["q1", "q2"]
    assert out.document("b") == TEXTS["b"]


def test_what_another_run_was_trained_on_is_left_out_and_named(tmp_path: Path) -> None:
    one, two, out = (
        run(tmp_path / "one", "a", gold=[row("q1", "b")]),
        run(tmp_path / "two", "b", gold=[row("q2", "c")]),
        Run(tmp_path / "m"),
    )
    assert gather_questions([one, two], out) == GatheredQuestions(1, ("one: gold.jsonl: q1",))
    assert ids(out, "gold.jsonl") == ["q2"]


def test_an_equal_question_is_asked_once_and_an_id_that_stands_for_two_is_told_apart(
    tmp_path: Path,
) -> None:
    one = run(tmp_path / "one", "a", gold=[row("g1", "b"), row("g2", "b")])
    two = run(tmp_path / "two", "a", gold=[row("g1", "b"), row("g2", "c")])
    gather_questions([one, two], out := Run(tmp_path / "m"))
    assert ids(out, "gold.jsonl") == ["g1", "g2", "two/g2"]


def test_no_held_out_question_is_made_of_a_chunk_that_any_run_has_learnt(tmp_path: Path) -> None:
    for number, (first, second) in enumerate(
        (x, y) for x in ("a", "b", "ab", "c") for y in ("b", "bc", "a")
    ):
        mine = [row(f"x{d}", d) for d in "abc" if d not in first]
        one, two = (
            run(tmp_path / f"{number}one", first, test=mine, test_shift=mine),
            run(tmp_path / f"{number}two", second),
        )
        gather_questions([one, two], out := Run(tmp_path / f"{number}m"))
        held = {
            line["meta"]["document"]["digest"]  # type: ignore[index]
            for name in MERGED_FILES
            if out.has(name)
            for line in out.lines(name)
        }
        assert held.isdisjoint({*first, *second})


def test_a_run_with_examples_of_its_own_is_not_overwritten(tmp_path: Path) -> None:
    one = run(tmp_path / "one", "a")
    one.write_lines("kept.jsonl", [])
    with pytest.raises(
        UserMistake,
        match="one: holds another run; choose a new folder, or that of an earlier merge",
    ):
        begin_merge(one, one)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("mean", "", None, 0.5), "--method mean: Input should be 'linear', 'ties' or 'dare'"),
        (("ties", "", None, 0.0), "--density 0.0: must be above 0 and at most 1"),
        (
            ("linear", "0.7,much", None, 0.5),
            "--weights 0.7,much: must be one number per run, such as 0.7,0.3",
        ),
    ],
)
def test_an_option_that_can_not_be_is_one_sentence(
    given: tuple[str, str, int | None, float], sentence: str
) -> None:
    with pytest.raises(UserMistake, match=f"^{sentence}"):
        merging(*given)


def test_runs_of_two_bases_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "one", "a"), run(tmp_path / "two", "a", base="large")
    with pytest.raises(
        UserMistake,
        match=r"two: \[student\] base = 'large', .*one has 'small'; runs can only be merged if both are the same",
    ):
        run_merge(
            [tmp_path / "one", tmp_path / "two"], tmp_path / "m", merging("linear", "", None, 0.5)
        )


def test_one_run_is_not_merged(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="name at least two different runs"):
        run_merge(
            [tmp_path / "one", tmp_path / "one"], tmp_path / "m", merging("linear", "", None, 0.5)
        )


def test_as_many_weights_as_runs_are_needed(tmp_path: Path) -> None:
    run(tmp_path / "one", "a"), run(tmp_path / "two", "a")
    with pytest.raises(UserMistake, match="--weights: 1 weights for 2 runs; give one per run"):
        run_merge(
            [tmp_path / "one", tmp_path / "two"], tmp_path / "m", merging("linear", "1", None, 0.5)
        )


def test_merging_twice_gives_the_same_questions(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / "one", "a", test=[row("q1", "b")]),
        run(tmp_path / "two", "a", test=[row("q2", "c")]),
    ]
    for _ in range(2):
        begin_merge(out := Run(tmp_path / "m"), runs[0])
        gather_questions(runs, out)
        (out.folder / "adapter").mkdir(exist_ok=True)
        out.write("adapter/merge.json", json.dumps({}))
    assert ids(out, "test.jsonl") == ["q1", "q2"]


@pytest.mark.parametrize(
    ("method", "theirs", "density"),
    [("linear", "task_arithmetic", None), ("ties", "ties", 0.4), ("dare", "dare_linear", 0.4)],
)
def test_mergekit_is_told_the_same_merge_of_full_models(
    tmp_path: Path, method: str, theirs: str, density: float | None
) -> None:
    yaml = pytest.importorskip("yaml")
    runs = [Run(tmp_path / "one: first"), Run(tmp_path / "two")]
    text = mergekit_config(runs, merging(method, "0.7,0.3", None, 0.4), "org/base")
    told = yaml.safe_load(text)
    kept = {} if density is None else {"density": density}
    assert told == {
        "merge_method": theirs,
        "base_model": "org/base",
        "models": [
            {
                "model": f"{tmp_path}/one: first/exports/merged",
                "parameters": {"weight": 0.7, **kept},
            },
            {"model": f"{tmp_path}/two/exports/merged", "parameters": {"weight": 0.3, **kept}},
        ],
        "parameters": {"normalize": method == "ties"},
        "dtype": "float32",
    }
    assert f"#   docstill export {tmp_path}/two --to merged" in text
