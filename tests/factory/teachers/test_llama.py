"""The protocols of OpenAI and Anthropic against llama.cpp's own server, with a real model."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.core.recipe import read_recipe
from factory.core.run_folder import Run
from factory.core.settings import TeacherSettings
from factory.evaluation.answers import ModelAnswer
from factory.evaluation.remote_answers import RemoteAnswering, answer_remotely, server_as_teacher
from factory.models.files import cache_folder, find_known_model
from factory.tasks.qa import Short
from factory.teachers import Request
from factory.teachers.build import teacher_of

xllamacpp = pytest.importorskip("xllamacpp", reason="the extra local is not installed")

RECIPE = """
[documents]
paths = ["."]
[[teachers]]
name = "none"
model = "local/none"
[student]
base = "none"
"""
TEXT = "Text: Tram 5 is washed every 14 days."
ASKED = Request(
    "You answer from the text.",
    f"{TEXT}\nQuestion: How often is tram 5 washed?",
    Short,
    max_tokens=160,
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """llama.cpp's server with the embedded teacher's model, where a run has fetched it."""
    model = find_known_model("Qwen2.5-Coder-0.5B-Instruct")
    path = cache_folder() / model.file if model else Path()
    if not path.is_file():
        pytest.skip(f"{path} is not there; a run of data/recipes/demo.toml fetches it")
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.verbosity = 2048, 1, 0
    server = xllamacpp.Server(params)
    yield str(server.listening_address)
    del server


@pytest.mark.parametrize(
    ("model", "structured"), [("compatible/qwen", "schema"), ("anthropic/qwen", "text")]
)
def test_a_real_model_answers_in_the_shape_asked_for(
    address: str, model: str, structured: str
) -> None:
    settings = {
        "name": "qwen",
        "model": model,
        "base_url": f"{address}/v1",
        "structured": structured,
        "temperature": 0.0,
    }
    teacher = teacher_of(TeacherSettings.model_validate(settings), Path(), print)

    async def once() -> str:
        reply = await teacher.send(ASKED, "key")
        await teacher.close()
        assert isinstance(reply.value, Short)
        assert reply.tokens_in > 0 < reply.tokens_out
        return reply.value.answer

    assert "14" in asyncio.run(once())


def test_a_real_model_answers_a_runs_questions_through_its_server(
    address: str, tmp_path: Path
) -> None:
    run = Run(tmp_path)
    run.create()
    run.write("recipe.toml", RECIPE)
    system = {
        "role": "system",
        "content": "Answer the question from the excerpt, briefly and exactly.",
    }
    asked = {
        "role": "user",
        "content": f"Excerpt (Trams):\n{TEXT}\n\nQuestion: How often is tram 5 washed?",
    }
    right = {"role": "assistant", "content": "Every 14 days"}
    meta = {"id": "q1", "task": "qa", "document": {"digest": "d1", "name": "trams.md"}}
    run.write_lines("test.jsonl", [{"messages": [system, asked, right], "meta": meta}])
    recipe = read_recipe(tmp_path / "recipe.toml")[0]
    path = answer_remotely(
        RemoteAnswering(
            run, recipe, server_as_teacher("qwen", f"{address}/v1", None), "qwen", print
        ),
        [tmp_path / "test.jsonl"],
    )
    (line,) = path.read_text().splitlines()
    answer = ModelAnswer.model_validate_json(line)
    assert "14" in answer.response
    assert (answer.cut, answer.usd, (answer.seconds or 0) > 0, (answer.tokens or 0) > 0) == (
        False,
        None,
        True,
        True,
    )
