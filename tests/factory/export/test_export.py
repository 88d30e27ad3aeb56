"""Exports of a whole run, read back as the tools they are for read them."""

import json
from functools import cache
from pathlib import Path
from random import Random
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from datasets import load_dataset, load_dataset_builder
from huggingface_hub import DatasetCard

from factory.commands.exporting import run_export
from factory.core.errors import PromiseBroken, UserMistake
from factory.core.recipe import Recipe, read_recipe
from factory.core.records import Document, DocumentRef, digest
from factory.core.run_folder import Run
from factory.core.training_settings import TrainSettings
from factory.export import export
from factory.export.axolotl import axolotl_settings as for_axolotl
from factory.export.card import dataset_card, languages
from factory.export.hub import push
from factory.export.llama_factory import llama_factory_settings as for_llama_factory
from factory.export.settings import write_messages
from factory.pipeline import Events, MakeJob, make
from factory.reports.report import Report
from tests.factory.test_pipeline import RECIPE
from tests.fakes import FACTS, FakeTeacher, right
from tests.world import mistake

SILENT = Events(lambda _: None, lambda _: None, lambda _: None, lambda _: None)


def write_documents(folder: Path) -> None:
    """One fact a document, between sentences of its own, so that no two are near-copies."""
    folder.mkdir()
    for fact in FACTS:
        dice = Random(fact.trams)
        own = ["".join(dice.choices("abdeglmnoprstu", k=7)) for _ in range(60)]
        around = [f"{' '.join(own[n : n + 10]).capitalize()}." for n in range(0, 60, 10)]
        body = " ".join([*around[:3], fact.sentence, *around[3:]])
        text = f"## {own[0].capitalize()}\n\n{body}\n"
        (folder / f"{fact.depot}.md").write_text(text, encoding="utf-8")


def written(home: Path, replay: str = "") -> tuple[Run, Recipe, Report]:
    """A run of small documents with facts that a scripted teacher asks about."""
    write_documents(home / "documents")
    (home / "replay.jsonl").write_text(replay, encoding="utf-8")
    (home / "recipe.toml").write_text(
        RECIPE.format(url="http://127.0.0.1:1") + '[replay]\nsources = ["replay.jsonl"]\n',
        encoding="utf-8",
    )
    recipe, text = read_recipe(home / "recipe.toml")
    run = Run(home / "run")
    return run, recipe, make(MakeJob(recipe, text, home, run, home / "ledger.db"), SILENT)


@cache
def once() -> tuple[TemporaryDirectory[str], Report]:
    """A run that is made once and copied for every test."""
    folder = TemporaryDirectory()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(right))
        return folder, written(Path(folder.name))[2]


def copied(home: Path) -> tuple[Run, Recipe, Report]:
    folder, report = once()
    copytree(folder.name, home, dirs_exist_ok=True)
    return Run(home / "run"), read_recipe(home / "recipe.toml")[0], report


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Recipe, Report]:
    monkeypatch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(right))
    return copied(tmp_path)


def test_the_parquet_folder_gives_the_same_rows_in_the_same_order(
    made: tuple[Run, Recipe, Report], tmp_path: Path
) -> None:
    run, recipe, _ = made
    folder, _ = export(run, recipe, "parquet")
    read = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    for split, name in (
        ("train", "train.jsonl"),
        ("validation", "val.jsonl"),
        ("test", "test.jsonl"),
    ):
        rows = list(run.lines(name))
        assert [r["messages"] for r in read[split]] == [r["messages"] for r in rows]
        assert [r["id"] for r in read[split]] == [r["meta"]["id"] for r in rows]  # type: ignore[index]


def test_the_card_names_the_sources_and_no_path_of_this_machine(
    made: tuple[Run, Recipe, Report],
) -> None:
    run, recipe, _ = made
    folder, _ = export(run, recipe, "parquet")
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: ")
    assert all(d.ref.digest in card for d in run.documents)
    assert str(run.folder.parent) not in card


def test_the_cards_front_matter_is_read_by_the_hubs_own_library(
    made: tuple[Run, Recipe, Report],
) -> None:
    run, recipe, _ = made
    folder, _ = export(run, recipe, "parquet")
    read = DatasetCard.load(folder / "README.md").data
    assert (read.language, read.license, read.task_categories) == (
        None,
        "other",
        ["question-answering"],
    )  # its words are made up
    assert set(load_dataset_builder(str(folder)).config.data_files) == {
        "train",
        "validation",
        "test",
        "shift",
    }


def test_the_card_names_the_languages_of_the_documents_the_commonest_first(tmp_path: Path) -> None:
    run = Run(tmp_path)
    told = (
        "The crew is at the depot by six, and it is paid for that.",
        "Die Bahnen sind um sechs in der Halle und werden geprüft.",
    )
    texts = (
        *(f"{told[1]} {n}" for n in range(3)),
        *(f"{told[0]} {n}" for n in range(40)),
        "Водители приходят к шести.",
        "私は電車です。",
    )
    run.write_documents(
        Document(ref=DocumentRef(digest=digest(text), name=f"{n}.md"), text=text)
        for n, text in enumerate(texts)
    )
    assert languages(run) == [
        "en",
        "de",
    ]  # Cyrillic is not told apart, one Japanese document in 45 is none of its languages


def test_the_card_says_what_became_of_personal_data(made: tuple[Run, Recipe, Report]) -> None:
    run, recipe, report = made
    assert "It was not looked for" in dataset_card(run, recipe, {"train": 8})
    masking = recipe.documents.model_copy(
        update={"personal_data": {"email": "mask", "phone": "drop", "iban": "keep"}}
    )
    run.write(
        "report.json",
        report.model_copy(update={"personal_data": {"email masked": 3}}).model_dump_json(),
    )
    told = dataset_card(run, recipe.model_copy(update={"documents": masking}), {"train": 8})
    assert (
        "before they were cut into chunks: email (masked), phone (dropped); 3 email masked. Other kinds were not looked for"
        in told
    )


def test_axolotl_gets_rows_and_settings_of_the_recipe(made: tuple[Run, Recipe, Report]) -> None:
    run, recipe, _ = made
    folder, command = export(run, recipe, "axolotl")
    settings = dict(
        line.split(": ", 1)
        for line in (folder / "axolotl.yaml").read_text(encoding="utf-8").splitlines()
    )
    assert (command, json.loads(settings["adapter"]), json.loads(settings["lora_r"])) == (
        "axolotl train axolotl.yaml",
        "qlora",
        16,
    )
    paths = [d["path"] for key in ("datasets", "test_datasets") for d in json.loads(settings[key])]
    assert [len((folder / p).read_text(encoding="utf-8").splitlines()) for p in paths] == [
        len(run.lines(p)) for p in paths
    ]


def test_llama_factory_gets_its_own_names_and_the_bases_chat_template(
    made: tuple[Run, Recipe, Report],
) -> None:
    run, recipe, _ = made
    folder, command = export(run, recipe, "llama-factory")
    found = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    assert (command, found["docstill_train"]["tags"]["role_tag"]) == (
        "llamafactory-cli train train.yaml",
        "role",
    )
    assert "template" not in for_llama_factory(based(recipe, "Qwen/Qwen2.5-3B-Instruct"), 8, 2)
    assert (
        for_llama_factory(based(recipe, "google/gemma-3-4b-it"), 8, 2)["template"] == "gemma3"
    )  # its own has no turn for a system


def based(recipe: Recipe, base: str) -> Recipe:
    return recipe.model_copy(update={"student": recipe.student.model_copy(update={"base": base})})


@pytest.mark.parametrize(
    ("base", "train", "modules", "four_bits"),
    [
        (
            "Qwen/Qwen3.5-9B",
            {},
            "q_proj,k_proj,v_proj,o_proj,in_proj_qkv,in_proj_z,out_proj,gate_proj,up_proj,down_proj",
            False,
        ),
        ("microsoft/Phi-4-mini-instruct", {}, "qkv_proj,o_proj,gate_up_proj,down_proj", True),
        (
            "Qwen/Qwen3.5-4B",
            {},
            "q_proj,k_proj,v_proj,o_proj,in_proj_qkv,in_proj_z,out_proj,gate_proj,up_proj,down_proj",
            False,
        ),
        ("Qwen/Qwen3-8B", {}, "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj", True),
        (
            "HuggingFaceTB/SmolLM2-135M-Instruct",
            {},
            "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj",
            True,
        ),
        ("HuggingFaceTB/SmolLM2-1.7B-Instruct", {}, "", True),
        ("./phi", {"preset": "Phi-4-mini"}, "qkv_proj,o_proj,gate_up_proj,down_proj", True),
        (
            "microsoft/Phi-4-mini-instruct",
            {"modules": ("o_proj",), "quantize": False},
            "o_proj",
            False,
        ),
        ("mistralai/Mistral-7B-Instruct-v0.3", {}, "", True),
    ],
)
def test_other_trainers_adapt_what_the_preset_says(
    made: tuple[Run, Recipe, Report],
    base: str,
    train: dict[str, object],
    modules: str,
    four_bits: bool,
) -> None:
    recipe = based(made[1], base).model_copy(update={"train": TrainSettings.model_validate(train)})
    ours, theirs = for_axolotl(recipe, 8, 2), for_llama_factory(recipe, 8, 2)
    said = {"lora_target_modules": modules.split(",")} if modules else {"lora_target_linear": True}
    assert {key: value for key, value in ours.items() if key.startswith("lora_target")} == said
    assert theirs["lora_target"] == (modules or "all")
    assert (ours["adapter"], "quantization_bit" in theirs) == (
        "qlora" if four_bits else "lora",
        four_bits,
    )


def test_other_trainers_are_as_gentle(made: tuple[Run, Recipe, Report]) -> None:
    recipe = made[1].model_copy(update={"train": TrainSettings(preset="gentle")})
    assert [
        settings(recipe, 8, 2)["learning_rate"] for settings in (for_axolotl, for_llama_factory)
    ] == [5e-5, 5e-5]


def test_other_trainers_learn_the_last_answer_alone_under_the_students_system_message(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path)
    turns = [
        {"role": role, "content": text}
        for role, text in (("user", "A?"), ("assistant", "B"), ("user", "C?"), ("assistant", "D"))
    ]
    run.write_lines("train.jsonl", [{"messages": turns, "meta": {"id": "a", "source": "document"}}])
    assert write_messages(run, "train.jsonl", "out.jsonl", "Be brief.", "learnt") == 1
    (row,) = run.lines("out.jsonl")
    assert [(m["content"], m["learnt"]) for m in row["messages"]] == [  # type: ignore[attr-defined]
        ("Be brief.", False),
        ("A?", False),
        ("B", False),
        ("C?", False),
        ("D", True),
    ]


@pytest.mark.parametrize("text", ["![Figure 3](<image>)", "Put <video> here.", "the <audio> tag"])
def test_other_trainers_get_no_row_that_they_would_want_a_picture_for(
    text: str, tmp_path: Path
) -> None:
    run = Run(tmp_path)
    rows = [
        [{"role": "user", "content": said}, {"role": "assistant", "content": "Yes."}]
        for said in (text, "An <image src=a.png> too?")
    ]
    meta: dict[str, object] = {
        "id": "a",
        "task": "qa",
        "document": None,
        "chunk": None,
        "spans": [],
        "source": "replay",
    }
    run.write_lines("train.jsonl", [{"messages": row, "meta": meta} for row in rows])
    assert write_messages(run, "train.jsonl", "out.jsonl", None) == 1


def test_an_unknown_export_names_those_there_are(made: tuple[Run, Recipe, Report]) -> None:
    those = "adapter, merged, gguf, ollama, vllm, parquet, axolotl, llama-factory, preference, hub"
    assert (
        mistake(lambda: export(made[0], made[1], "onnx")) == f"--to onnx: must be one of: {those}"
    )


def test_preference_without_pairs_says_so(made: tuple[Run, Recipe, Report]) -> None:
    assert "is missing: this run has no two answers" in mistake(
        lambda: export(made[0], made[1], "preference")
    )


class Hub:
    """Notes what it is sent."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    def create_repo(self, repo_id: str, *, repo_type: str, private: bool, exist_ok: bool) -> object:
        self.sent.append((repo_id, repo_type, private, exist_ok))
        return None

    def upload_folder(
        self, *, repo_id: str, folder_path: Path, repo_type: str, commit_message: str
    ) -> object:
        self.sent.append((repo_id, folder_path.name, repo_type))
        return None


def test_the_hub_gets_the_folder_as_a_dataset(tmp_path: Path) -> None:
    hub = Hub()
    assert (
        push(tmp_path / "parquet", "me/rows", True, hub)
        == "https://huggingface.co/datasets/me/rows"
    )
    assert hub.sent == [("me/rows", "dataset", True, True), ("me/rows", "parquet", "dataset")]


def test_the_hub_needs_a_repository_and_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert (
        mistake(lambda: push(tmp_path, None, False))
        == "--repo is missing; name a dataset repository of the hub as owner/name"
    )
    assert (
        mistake(lambda: push(tmp_path, "rows", False))
        == "--repo rows; name a dataset repository of the hub as owner/name"
    )
    assert (
        mistake(lambda: push(tmp_path, "me/rows", False))
        == "HF_TOKEN is not set; set it to a hub token with write access"
    )


def test_only_the_hub_has_repositories(made: tuple[Run, Recipe, Report]) -> None:
    with pytest.raises(UserMistake, match="--repo and --private only apply to --to hub"):
        run_export(made[0].folder, "parquet", "me/rows", False)


def test_the_report_says_where_the_run_stands(made: tuple[Run, Recipe, Report]) -> None:
    goal = made[2].goal
    assert goal
    assert (goal.standing, goal.wanted, goal.have) == (
        "below",
        (500, 2000),
        made[2].kept_by_split["train"],
    )
    assert "more such documents" in goal.words


def test_replay_that_copies_the_test_questions_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(right))
    copied = "".join(
        json.dumps({"instruction": f.question, "response": f"{f.trams} trams"}) + "\n"
        for f in FACTS
    )
    run, _, report = written(tmp_path, copied)
    assert {line["source"] for line in run.lines("contamination.jsonl")} == {"replay"}
    with pytest.raises(PromiseBroken, match="of the replay examples overlapped held-out data"):
        report.decontamination.must_hold()
