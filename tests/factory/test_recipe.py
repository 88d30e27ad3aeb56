"""The recipe: what is read, what `--set` changes, and the sentence for every mistake."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import UserMistake
from factory.recipe import Recipe, read_recipe
from factory.scores import NAMES
from factory.settings import Metric
from tests.world import LAW, mistake

RECIPE = """\
# the depot's own
seed = 7

[documents]
paths = ["rules"]

[[teachers]]
name = "chief"
model = "local/finch"

[student]
base = "apprentice"
"""
KEYS = st.sampled_from(["seed", "documents", "paths", "teachers", "0", "1", "-1", "train", "epochs", "name", "", "x y", '"', "é", "\n"])


def recipe(home: Path, text: str = RECIPE) -> Path:
    path = home / "depot.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(home: Path, *changes: str) -> Recipe:
    return read_recipe(recipe(home), changes)[0]


def said(home: Path, *changes: str) -> str:
    """The sentence for the changes, without the recipe's path."""
    return mistake(lambda: read(home, *changes)).removeprefix(f"{home / 'depot.toml'}: ")


def test_a_recipe_is_read_with_the_defaults_around_it(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.seed, settings.documents.paths, settings.teachers[0].name, settings.student.base) == (
        7,
        ("rules",),
        "chief",
        "apprentice",
    )
    assert (settings.tasks[0].kind, settings.filters.consistency.draws, settings.replay.sources) == (
        "qa",
        3,
        ("bundled",),
    )


def test_the_text_of_a_recipe_is_kept_with_its_comments(tmp_path: Path) -> None:
    assert read_recipe(recipe(tmp_path))[1] == RECIPE


def test_the_text_of_a_recipe_holds_what_was_set(tmp_path: Path) -> None:
    assert read_recipe(recipe(tmp_path), ("seed=8",))[1] == RECIPE.replace("seed = 7", "seed = 8")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("seed=8", {"seed": 8}),
        (" seed = 8 ", {"seed": 8}),
        ("teachers.0.name=brook", {"teachers": [{"name": "brook", "model": "local/finch"}]}),
        ('teachers.0.name="brook"', {"teachers": [{"name": "brook", "model": "local/finch"}]}),
        (
            "teachers.0.base_url=http://127.0.0.1:8000/v1?a=b",
            {"teachers": [{"base_url": "http://127.0.0.1:8000/v1?a=b"}]},
        ),
        ("documents.paths.0=trams", {"documents": {"paths": ("trams",)}}),
        ('documents.paths=["a", "b"]', {"documents": {"paths": ("a", "b")}}),
        ("filters.duplicates.jaccard=0.8", {"filters": {"duplicates": {"jaccard": 0.8}}}),
        ("train.epochs=2", {"train": {"epochs": 2}}),
    ],
)
def test_what_is_set_stands_in_the_settings(tmp_path: Path, change: str, expected: dict[str, object]) -> None:
    changed = read(tmp_path, change).model_dump()
    assert _within(expected, changed)


def _within(expected: object, whole: object) -> bool:
    if isinstance(expected, dict) and isinstance(whole, dict):
        return all(_within(value, whole[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(whole, (list, tuple)):
        return all(_within(one, other) for one, other in zip(expected, whole, strict=True))
    return expected == whole


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("seed", "--set seed: must be key=value, such as train.epochs=2"),
        ("=8", "--set =8: must be key=value, such as train.epochs=2"),
        ("teachers.5.name=brook", "--set teachers.5.name=brook: there is no 5 in the recipe"),
        ("teachers.5=brook", "--set teachers.5=brook: there is no 5 in the recipe"),
        ("documents.paths.0.x=brook", "--set documents.paths.0.x=brook: there is no x in the recipe"),
        ("documents.paths.0.x.y=brook", "--set documents.paths.0.x.y=brook: there is no x in the recipe"),
        ("sed=8", "sed is not a key of a recipe, must be removed or spelled right"),
        ("documents.path=x", "documents.path is not a key of a recipe, must be removed or spelled right"),
        ("train.learning_rate=inf", "train.learning_rate = inf, must be a finite number"),
        ('documents.paths=[""]', "documents.paths.0 = '': is blank, must name a file or a folder"),
        ('replay.sources=["bundled", " "]', "replay.sources.1 = ' ': is blank, must name a file or a folder"),
        ('evaluate.gold=""', "evaluate.gold = '': is blank, must name a file or a folder"),
        ("a." * 5_000 + "b=1", "is nested too deeply, must be a recipe in TOML"),
        ("seed=soon", "seed = 'soon': input should be a valid integer, unable to parse string as an integer"),
        ("replay.share=0.9", "replay.share = 0.9: input should be less than or equal to 0.5"),
        ("split.val=-0.1", "split.val = -0.1: input should be greater than or equal to 0"),
        ("chunks.tokens=3", "chunks.tokens = 3: input should be greater than or equal to 40"),
        ("seed=-1", "seed = -1: input should be greater than or equal to 0"),
        ("filters.duplicates.jaccard=0", "filters.duplicates.jaccard = 0: input should be greater than 0"),
        ("filters.consistency.draws=2", "filters.consistency.draws = 2: input should be 1 or 3"),
        ("repair.rounds=9", "repair.rounds = 9: input should be less than or equal to 5"),
        (
            "teachers.0.model=finch",
            'teachers.0: model = "finch", must begin with one of "anthropic/", "openai/", "compatible/", "local/" and name a model',
        ),
        (
            "teachers.0.model=compatible/finch",
            'teachers.0: base_url is missing, a "compatible/" model needs one such as "http://127.0.0.1:8000/v1"',
        ),
        (
            "teachers.0.temperature=0",
            "recipe: teachers.0.temperature = 0: such a teacher can't be its own voter, must be above 0 or unset",
        ),
        (
            'tasks=[{kind="classification",open_book=false}]',
            'tasks.0: open_book = false, must be true or unset: a task of kind "classification" is about the text beside it',
        ),
        (
            "tasks=[{open_book=false,distractors=2}]",
            'tasks.0: distractors = 2, must be 0 or unset: only an open-book task of kind "qa" has them',
        ),
        ("teachers.0.mode=batch", 'teachers.0: mode = "batch", must be "online": only anthropic and openai have batches'),
        ('tasks=[{teacher="brook"}]', 'recipe: tasks.0.teacher = "brook" is no teacher of this recipe, must be one of: chief'),
        (
            "filters.grounding.judge=brook",
            'recipe: filters.grounding.judge = "brook" is no teacher of this recipe, must be one of: chief',
        ),
        (
            'filters.consistency.teachers=["chief", "brook"]',
            'recipe: filters.consistency.teachers.1 = "brook" is no teacher of this recipe, must be one of: chief',
        ),
        (
            'teachers=[{name="chief", model="local/finch"}, {name="Chief", model="local/owl"}]',
            'recipe: two teachers are called "Chief", must have names of their own',
        ),
        ("tasks=[{}, {}]", 'recipe: two tasks are called "qa", must have names of their own'),
        (
            'tasks=[{kind="classification"}]',
            'tasks.0: labels holds 0, must hold at least 2 for a task of kind "classification", '
            'such as { name = "complaint", definition = "…" }',
        ),
        (
            'tasks=[{kind="extraction"}]',
            'tasks.0: fields holds 0, must hold at least 1 for a task of kind "extraction", '
            'such as { name = "effective_date", type = "date" }',
        ),
        ('tasks=[{labels=[{name="a"}]}]', 'tasks.0: labels is set, must be left out: only a task of kind "classification" has labels'),
        ('tasks=[{fields=[{name="a"}]}]', 'tasks.0: fields is set, must be left out: only a task of kind "extraction" has fields'),
        (
            'tasks=[{kind="classification", labels=[{name="a"}, {name="A"}]}]',
            'tasks.0: "A" stands twice among the labels, names must differ',
        ),
        (
            'tasks=[{kind="classification", labels=[{name="a", meaning="b"}, {name="c"}]}]',
            "tasks.0.labels.0.meaning is not a key of a recipe, must be removed or spelled right",
        ),
        ('teachers.0.name=""', "teachers.0.name = '': string should have at least 1 character"),
        ("evaluate.metrics=[]", "evaluate.metrics: tuple should have at least 1 item after validation, not 0"),
        ('tasks=[{name="../rules"}]', 'tasks.0: name = "../rules", must be no path: folders are called so'),
        (
            'tasks=[{kind="classification", labels=[{name="a"}, {name=" "}]}]',
            "tasks.0: a name among the labels is blank, must be a word",
        ),
        (
            'tasks=[{kind="extraction", fields=[{name=" "}]}]',
            "tasks.0: a name among the fields is blank, must be a word",
        ),
        (
            'tasks=[{kind="extraction", per_chunk=2, fields=[{name="a"}]}]',
            'tasks.0: per_chunk = 2, must be 1 or unset: a task of kind "extraction" reads each chunk once',
        ),
        (
            'tasks=[{kind="extraction", fields=[{name="a", type="enum"}]}]',
            'tasks.0.fields.0: an "enum" must have two or more different values, none of them empty, such as values = ["lease", "sale"]',
        ),
        (
            'tasks=[{kind="extraction", fields=[{name="a", values=["x", "y"]}]}]',
            'tasks.0.fields.0: values is set, must be left out: only an "enum" has values',
        ),
        (
            'tasks=[{kind="extraction", fields=[{name="a", type="nested"}]}]',
            'tasks.0.fields.0: a "nested" field and no other must have fields, such as fields = [{ name = "city" }]',
        ),
        (
            'tasks=[{kind="extraction", fields=[{name="a", items="date"}]}]',
            'tasks.0.fields.0: items is set, must be left out: only a "list" has items',
        ),
        (
            'tasks=[{kind="extraction", fields=[{name="a", type="nested", fields=[{name="b"}, {name="b"}]}]}]',
            'tasks.0.fields.0: two fields are called "b", names must differ',
        ),
    ],
)
def test_a_wrong_setting_is_a_mistake_with_its_place(tmp_path: Path, change: str, sentence: str) -> None:
    assert said(tmp_path, change) == sentence


def test_a_teacher_at_temperature_0_may_answer_alone(tmp_path: Path) -> None:
    assert read(tmp_path, "teachers.0.temperature=0", "filters.consistency.draws=1").teachers[0].temperature == 0


def test_a_task_is_called_by_its_kind_where_it_has_no_name_and_reads_a_chunk_once(tmp_path: Path) -> None:
    several = 'tasks=[{}, {kind="classification", labels=[{name="a"}, {name="b"}]}, {kind="extraction", name="dates", fields=[{name="c"}]}]'
    assert [(t.kind, t.name, t.per_chunk) for t in read(tmp_path, several).tasks] == [
        ("qa", "qa", 3),
        ("classification", "classification", 1),
        ("extraction", "dates", 1),
    ]


TWO = 'teachers=[{name="chief", model="openai/finch", temperature=0}, {name="brook", model="openai/owl", mode="MODE", temperature=WARM}]'


@pytest.mark.parametrize(
    ("voters", "warm", "sentence"),
    [
        ('["brook"]', "0.5", ""),
        (
            '["brook", "chief"]',
            "0.5",
            "recipe: teachers.0.temperature = 0: such a teacher can't be its own voter, must be above 0 or unset",
        ),
        ('["brook"]', "0", "recipe: teachers.1.temperature = 0: such a teacher can't be its own voter, must be above 0 or unset"),
    ],
)
def test_a_teacher_at_temperature_0_may_vote_beside_another(tmp_path: Path, voters: str, warm: str, sentence: str) -> None:
    changes = (TWO.replace("WARM", warm).replace("MODE", "online"), f"filters.consistency.teachers={voters}")
    if sentence:
        assert said(tmp_path, *changes) == sentence
    else:
        assert read(tmp_path, *changes).filters.consistency.teachers == ("brook",)


def test_one_model_at_temperature_0_under_two_names_is_its_own_voter_too(tmp_path: Path) -> None:
    chief, brook, owl = (f'{{name="{name}", model="openai/{model}", temperature=0}}' for name, model in ("af", "bf", "co"))
    voters = 'filters.consistency.teachers=["b", "c"]'
    told = "recipe: teachers.0.temperature = 0: such a teacher can't be its own voter, must be above 0 or unset"
    assert said(tmp_path, f"teachers=[{chief}, {brook}, {owl}]", voters) == told
    another = brook.replace("}", ', identity="another finch"}')
    assert read(tmp_path, f"teachers=[{chief}, {another}, {owl}]", voters).filters.consistency.teachers == ("b", "c")


def test_batches_are_of_one_teacher(tmp_path: Path) -> None:
    changes = (TWO.replace("WARM", "1").replace("MODE", "batch"), 'filters.consistency.teachers=["brook"]')
    assert said(tmp_path, *changes) == 'recipe: teachers.1.mode = "batch", must be "online" where several teachers are asked'


def test_a_recipe_without_its_documents_is_a_mistake(tmp_path: Path) -> None:
    path = recipe(tmp_path, RECIPE.replace('[documents]\npaths = ["rules"]\n', ""))
    assert mistake(lambda: read_recipe(path)) == f"{path}: documents is missing, must be set"


def test_a_recipe_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "gone.toml"
    assert mistake(lambda: read_recipe(path)) == f"{path}: is missing; expected a recipe in TOML"


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    assert mistake(lambda: read_recipe(tmp_path)) == f"{tmp_path}: is a folder, not a file; expected a recipe in TOML"


def test_a_recipe_that_is_not_utf_8_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "depot.toml"
    path.write_bytes(b'name = "caf\xe9"')
    assert mistake(lambda: read_recipe(path)) == f"{path}: is not UTF-8 text; expected a recipe in TOML"


def test_a_recipe_that_is_not_toml_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    path = recipe(tmp_path, "seed = 7\nseed = 8\n")
    said = mistake(lambda: read_recipe(path))
    assert (said.startswith(f'{path}: Key "seed" already exists'), said.endswith(", must be TOML")) == (True, True)


@pytest.mark.parametrize(
    "twice", ["seed = { a = 1, a = 2 }", '[[tasks]]\nname = "a"\nname = "b"', "[[tasks]]\n[tasks]", "a.b = 1\n[a]\nb = 2"]
)
def test_a_key_that_stands_twice_anywhere_is_a_mistake(tmp_path: Path, twice: str) -> None:
    (path := tmp_path / "depot.toml").write_text(twice + "\n", encoding="utf-8")
    assert mistake(lambda: read_recipe(path)).endswith(", must be TOML")


@LAW
@given(
    st.lists(KEYS, min_size=1, max_size=4).map(".".join),
    st.sampled_from(["1", "[", "{}", '"x', "nan", "", "# c", "é", "2024-13-40", "[[1]]"]),
)
def test_whatever_is_set_gives_a_recipe_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, key: str, value: str) -> None:
    assert _recipe_or_sentence(recipe(tmp_path_factory.getbasetemp()), f"{key}={value}")


def _recipe_or_sentence(path: Path, change: str) -> object:
    try:
        return read_recipe(path, (change,))
    except UserMistake as told:
        return str(told)


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("macro_f1", 'evaluate.metrics.1 = "macro_f1" is a mean over labels, must be left out: no task is a "classification"'),
        ("schema", 'evaluate.metrics.1 = "schema" needs a task whose answers have a shape: classification, extraction, own, tool_call'),
    ],
)
def test_a_metric_that_says_nothing_of_any_task_is_refused(tmp_path: Path, metric: str, sentence: str) -> None:
    assert sentence in said(tmp_path, f'evaluate.metrics=["token_f1", "{metric}"]')
    read(tmp_path, f'evaluate.metrics=["{metric}"]', 'tasks=[{kind="classification", labels=[{name="a"},{name="b"}]}]')


def test_the_metrics_of_a_recipe_are_those_that_there_are() -> None:
    assert get_args(Metric) == NAMES
