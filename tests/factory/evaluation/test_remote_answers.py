"""Served: a server's model or a teacher answers a run's questions; nothing is paid for twice, and nothing is lost."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.cli import main
from factory.core.errors import UserMistake
from factory.core.recipe import read_recipe
from factory.core.run_folder import Run
from factory.evaluation.answers import HeldOutQuestion
from factory.evaluation.remote_answers import answer_limits
from tests.chat_server import Messages, chatting
from tests.factory.evaluation.test_evaluate import question

RECIPE = """
[documents]
paths = ["."]
[[teachers]]
name = "quay"
model = "compatible/quay-7b"
base_url = "{url}"
price = {{ input = 1.0, output = 2.0 }}
[student]
base = "none"
system = "You answer."
{more}
"""
CONVERSATION = (
    ("user", "When does it open?"),
    ("assistant", "At six."),
    ("user", "And close?"),
    ("assistant", "At nine."),
)


def made(folder: Path, url: str, n: int = 6, more: str = "") -> Run:
    run = Run(folder / "run")
    run.create()
    run.write("recipe.toml", RECIPE.format(url=url, more=more))
    lines = [question(f"gold{number}") for number in range(n)]
    lines[0]["messages"] = [{"role": role, "content": content} for role, content in CONVERSATION]
    run.write_lines("gold.jsonl", lines)
    return run


def told(run: Run, name: str) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for line in (run.folder / "answers" / f"{name}.jsonl").read_text().splitlines()
    ]


Answer = Callable[..., tuple[int, str]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    """Exit code and what was said, on stdout and stderr, of `docstill answer`."""

    def command(run: Run, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["docstill", "answer", str(run.folder), *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(str(ended.value.code or 0)), said.out + said.err

    return command


def by_user(messages: Messages) -> str:
    return f"<think>It asks.</think>\n\n {messages[-1]['content']}! "


def test_a_servers_model_is_asked_as_the_student_is(
    tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", "sk-planted-0123456789")
    with chatting(by_user) as server:
        run = made(tmp_path, "http://127.0.0.1:1/v1")
        assert answer(run, "--model", "org/quay-70b", "--base-url", server.url)[0] == 0
    lines = told(run, "quay-70b")
    assert [line["id"] for line in lines] == [f"gold{number}" for number in range(6)]
    assert (lines[0]["response"], lines[0]["tokens"]) == ("And close?!", 10)
    assert all(
        isinstance(line["seconds"], float) and line["seconds"] < 5 and "usd" not in line
        for line in lines
    )
    body = next(body for body in server.bodies if len(body["messages"]) > 2)
    assert [message["role"] for message in body["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert (
        body["model"],
        body["temperature"],
        body["max_tokens"],
        body["messages"][0]["content"],
    ) == (
        "org/quay-70b",
        0,
        128,
        "You answer.",
    )
    assert set(server.keys) == {"Bearer sk-planted-0123456789"}
    assert "sk-planted" not in "".join(
        path.read_text(errors="replace") for path in run.folder.rglob("*") if path.is_file()
    )


def test_what_was_answered_is_not_asked_again(tmp_path: Path, answer: Answer) -> None:
    with chatting(by_user) as server:
        run = made(tmp_path, "http://127.0.0.1:1/v1")
        for _ in range(2):
            answer(run, "--model", "m", "--base-url", server.url)
        assert len(server.bodies) == 6
        path = run.folder / "answers" / "m.jsonl"
        whole = path.read_text()
        path.write_text(
            "".join(whole.splitlines(keepends=True)[1:])[:-20]
        )  # one line lost, another torn
        answer(run, "--model", "m", "--base-url", server.url)
        assert len(server.bodies) == 6  # the ledger has them
    assert [line["response"] for line in told(run, "m")] == [
        json.loads(line)["response"] for line in whole.splitlines()
    ]
    assert [line["seconds"] is None for line in told(run, "m")] == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]


def test_a_teacher_is_a_model_with_a_price(tmp_path: Path, answer: Answer) -> None:
    with chatting(by_user) as server:
        run = made(tmp_path, server.url)
        answer(run, "--model", "teacher")
        assert {line["usd"] for line in told(run, "teacher")} == {
            0.00012
        }  # 100 tokens in at 1 dollar a million, 10 out at 2
        answer(run, "--model", "quay")
        assert len(server.bodies) == 6  # the same teacher by its name: the same requests
    assert told(run, "quay")[0]["response"] == "And close?!"


def test_a_price_may_be_given_with_the_server(tmp_path: Path, answer: Answer) -> None:
    with chatting(by_user) as server:
        run = made(tmp_path, "http://127.0.0.1:1/v1")
        answer(run, "--model", "m", "--base-url", server.url, "--price", "10,20", "--as", "dear")
    assert {line["usd"] for line in told(run, "dear")} == {0.0012}


def test_the_runs_budget_holds(tmp_path: Path, answer: Answer) -> None:
    with chatting(by_user) as server:
        run = made(tmp_path, server.url, more="[budget]\nusd = 0.0008")
        code, said = answer(run, "--model", "teacher")
    assert (
        code,
        "teacher did not answer" in said,
        "the budget of $0.0008 does not cover the next call" in said,
    ) == (3, True, True)
    assert 0 < len(told(run, "teacher")) < 6
    assert len(server.bodies) * 0.00012 <= 0.0008


def test_a_budget_needs_a_price(tmp_path: Path, answer: Answer) -> None:
    run = made(tmp_path, "http://127.0.0.1:1/v1", more="[budget]\nusd = 1.0")
    code, said = answer(run, "--model", "m", "--base-url", "http://127.0.0.1:1/v1")
    assert (
        code,
        "budget.usd = 1: the price of compatible/m is not known; give it by --price"
        in " ".join(said.split()),
    ) == (2, True)


def test_an_answer_that_was_cut_is_counted_and_asked_again_with_more_room(
    tmp_path: Path, answer: Answer
) -> None:
    with chatting(
        lambda _: "31 crowns and", cut=lambda messages: "gold3" in messages[-1]["content"]
    ) as server:
        run = made(tmp_path, server.url)
        answer(run, "--model", "teacher")
        assert [line.get("cut", False) for line in told(run, "teacher")] == [
            number == 3 for number in range(6)
        ]
        run.write("recipe.toml", RECIPE.format(url=server.url, more="answer_tokens = 300"))
        answer(run, "--model", "teacher")
    assert [body["max_tokens"] for body in server.bodies[6:]] == [300]


def test_where_a_server_fails_the_others_stand_and_the_command_goes_on_later(
    tmp_path: Path, answer: Answer
) -> None:
    with chatting(lambda messages: 400 if "gold2" in messages[-1]["content"] else "31") as server:
        run = made(tmp_path, server.url)
        for _ in range(2):
            code, said = answer(run, "--model", "teacher")
            assert (
                code,
                "teacher did not answer 1 of 6 questions (the server refused the request (400"
                in " ".join(said.split()),
            ) == (
                3,
                True,
            )
        assert len(told(run, "teacher")) == 5
        answer(run, "--model", "teacher")
        code, _ = answer(
            run, "--model", "teacher"
        )  # refused in three runs: it has no answer to this
    assert code == 0
    (failed,) = [line for line in told(run, "teacher") if "failed" in line]
    assert (failed["id"], failed["response"]) == ("gold2", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--model", "student", "--base-url", "http://h/v1"),
            "the name student is taken by the run's own answers; add another one",
        ),
        (("--model", "m", "--price", "1,2"), "--price: only applies to a model behind a server"),
        (
            ("--model", "m", "--base-url", "http://h/v1", "--price", "cheap"),
            "--price cheap: must be dollars per million input and output tokens",
        ),
        (
            ("--model", "m", "--base-url", "http://u@h/v1"),
            "base_url holds a user or password; remove it, since keys come from the environment",
        ),
        (
            ("--model", "m", "--base-url", "http://h/v1", "--as", "a/b"),
            '--as "a/b": must be a plain word',
        ),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, answer: Answer, arguments: tuple[str, ...], sentence: str
) -> None:
    code, said = answer(made(tmp_path, "http://127.0.0.1:1/v1"), *arguments)
    assert (code, sentence in " ".join(said.split())) == (2, True)


def test_the_room_is_by_the_longest_reference_of_each_task(tmp_path: Path) -> None:
    def of(task: str, words: int) -> HeldOutQuestion:
        line = question(f"{task}{words}")
        line["messages"][-1]["content"] = "trams " * words  # type: ignore[index]
        line["meta"]["task"] = task  # type: ignore[index]
        return HeldOutQuestion.model_validate(line)

    rooms = answer_limits([of("qa", 3), of("terms", 3), of("terms", 150)], None)
    assert rooms == {
        "qa": 128,
        "terms": 1024,
    }  # 225 tokens by their letters, three times, to the next power of two
    assert answer_limits([of("qa", 3)], 40) == {"qa": 40}


def test_the_recipes_judge_must_be_one_of_its_teachers(tmp_path: Path) -> None:
    run = made(tmp_path, "http://127.0.0.1:1/v1", more='[evaluate]\njudge = "nobody"')
    with pytest.raises(
        UserMistake,
        match='evaluate.judge = "nobody" is not a teacher of this recipe; name one of: quay',
    ):
        read_recipe(run.folder / "recipe.toml")
