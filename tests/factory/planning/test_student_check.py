"""What a student cannot take is said before anything is asked."""

import json
from pathlib import Path

import pytest

from factory.cli import main
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.models.modelfile import modelfile_value
from factory.models.student_template import TemplateUnavailable, student_chat_template
from factory.planning.student_check import StudentCheck, check_student, require_suitable_student

PLAIN = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
REFUSING = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + PLAIN
)
THINKING = PLAIN.removesuffix("{% endif %}") + "<think>{% endif %}"
TEXT = "# Depot\n\n" + "".join(
    f"Tram {number} is washed every {number + 10} days in the depot of Larkmoor.\n"
    for number in range(40)
)
RECIPE = """
[documents]
paths = ["documents"]
[[teachers]]
name = "nobody"
model = "compatible/nobody"
base_url = "http://127.0.0.1:9/v1"
[replay]
share = 0.0
[student]
base = "{base}"
{more}
"""


def student(folder: Path, template: str | None) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": template} if template else {})
    )
    return folder


def recipe(tmp_path: Path, base: Path | str, more: str = "") -> Path:
    (tmp_path / "documents").mkdir(exist_ok=True)
    (tmp_path / "documents" / "depot.md").write_text(TEXT)
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(base=base, more=more))
    return path


def ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["docstill", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        main()
    told = capsys.readouterr()
    return int(caught.value.code or 0), " ".join((told.out + told.err).split())


@pytest.mark.parametrize(
    "unfit",
    [
        (None, "has no chat template; choose its instruct version"),
        (THINKING, "opens an answer with other text ('<think>')"),
        (
            "{{ raise_exception('no turns at all') }}",
            "does not take the rows of this recipe (no turns at all)",
        ),
        ("{% if %}", "does not take the rows of this recipe"),
    ],
)
@pytest.mark.parametrize("command", ["make", "distill", "pilot"])
def test_a_student_that_cannot_be_trained_ends_the_command_before_anything_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    unfit: tuple[str | None, str],
    command: str,
) -> None:
    template, sentence = unfit
    path = recipe(tmp_path, student(tmp_path / "base", template))
    code, told = ended(monkeypatch, capsys, command, path, "--out", tmp_path / "run")
    assert code == 2
    assert sentence in told
    assert "nothing was asked yet" in told
    assert not (tmp_path / "run").exists()


def test_an_estimate_says_it_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = ended(
        monkeypatch, capsys, "estimate", recipe(tmp_path, student(tmp_path / "base", None))
    )
    assert code == 0
    assert "calls" in told
    assert "has no chat template" in told


def test_a_template_without_a_system_turn_is_said_and_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = ended(
        monkeypatch, capsys, "estimate", recipe(tmp_path, student(tmp_path / "base", REFUSING))
    )
    assert code == 0
    assert "has no place for a system message, which goes before the first user turn" in told


def test_rows_that_are_longer_than_the_student_reads_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recipe(tmp_path, student(tmp_path / "base", PLAIN), "max_seq_length = 32")
    code, told = ended(monkeypatch, capsys, "make", path, "--out", tmp_path / "run")
    assert code == 2
    assert "[student] max_seq_length = 32: about 100% of the rows are longer" in told


def test_a_student_that_is_elsewhere_is_said_and_only_distill_needs_it() -> None:
    heard: list[str] = []
    absent = StudentCheck(absent="[student] base = '/nowhere': there is no such folder here")
    require_suitable_student(absent, "needed", heard.append)
    assert heard == [
        "the student could not be checked: [student] base = '/nowhere': there is no such folder here"
    ]
    with pytest.raises(UserMistake, match="no such folder here; nothing was asked yet"):
        require_suitable_student(absent, "trained", heard.append)


def test_the_data_is_made_all_the_same_where_that_is_wished() -> None:
    heard: list[str] = []
    require_suitable_student(
        StudentCheck(faults=("it has no chat template",)), "told", heard.append
    )
    assert heard == ["it has no chat template"]


def test_a_template_stands_in_a_file_of_its_own_or_in_the_tokenizers_settings(
    tmp_path: Path,
) -> None:
    folder = student(tmp_path / "base", "a")
    assert student_chat_template(str(folder), online=False) == "a"
    several = [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": several}))
    assert student_chat_template(str(folder), online=False) == "d"
    (folder / "chat_template.jinja").write_text("j")
    assert student_chat_template(str(folder), online=False) == "j"


@pytest.mark.parametrize("torn", ["{", "[]", "\x00"])
def test_a_student_whose_settings_cannot_be_read_is_a_sentence(tmp_path: Path, torn: str) -> None:
    folder = student(tmp_path / "base", "a")
    (folder / "tokenizer_config.json").write_text(torn)
    with pytest.raises(UserMistake, match="tokenizer_config.json can't be read"):
        student_chat_template(str(folder), online=False)


@pytest.mark.parametrize(
    "base", ["/nowhere/student", "./student", "nobody/none", "a/b/c.gguf", "no name"]
)
def test_a_student_that_is_not_here_is_not_judged(base: str) -> None:
    with pytest.raises(TemplateUnavailable):
        student_chat_template(base, online=False)


def test_a_system_message_that_no_modelfile_can_hold_is_a_fault_where_ollama_is_wished_for(
    tmp_path: Path,
) -> None:
    told = {
        "documents": {"paths": ["."]},
        "teachers": [{"name": "t", "model": "compatible/t", "base_url": "http://127.0.0.1:9/v1"}],
    }
    folder = student(tmp_path / "base", PLAIN)
    wanted = Recipe.model_validate(
        told
        | {
            "student": {"base": str(folder), "system": 'Put """ nowhere.'},
            "export": {"to": ["ollama"]},
        }
    )
    assert "can't be escaped" in check_student(wanted, {}, (), online=False).faults[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Be brief.", '"""Be brief."""'),
        ("Be\nbrief.", '"""Be\nbrief."""'),
        ('Answer "yes" or "no"', 'Answer "yes" or "no"'),
        ('Use {{ .System }} and "quotes" inside.', '"""Use {{ .System }} and "quotes" inside."""'),
    ],
)
def test_a_system_message_is_quoted_as_ollama_reads_it(text: str, value: str) -> None:
    assert modelfile_value(text, "system") == value


@pytest.mark.parametrize(
    ("text", "name"),
    [("10\u00a0%", "NO-BREAK SPACE"), ("a\u200db", "ZERO WIDTH JOINER"), ("a\x00b", "control")],
)
def test_a_sign_that_ollama_drops_is_named(text: str, name: str) -> None:
    with pytest.raises(UserMistake, match=name):
        modelfile_value(text, "system")


def test_three_quotation_marks_have_no_form_in_a_modelfile() -> None:
    with pytest.raises(UserMistake, match='system contains """'):
        modelfile_value('Never put """ around it.', "system")
