"""A key stands in the environment and in nothing that is written."""

import base64
import json
import socket
from pathlib import Path

import pytest

from tests.factory.test_pipeline import written
from tests.mock import docstill, free_port, serving
from tests.raw_server import answering, completion, http

PLANTED = "sk-planted-0123456789abcdef"
VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "COMPATIBLE_API_KEY")


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, PLANTED)


def run(folder: Path, *arguments: str) -> str:
    """What the command says, its traceback included if it had one."""
    return docstill(folder.with_name(f"{folder.name}.log"), *arguments)[1]


def holding(folder: Path) -> list[str]:
    return [str(p) for p in folder.rglob("*") if p.is_file() and PLANTED.encode() in p.read_bytes()]


@pytest.mark.parametrize("model", ["compatible/mock", "openai/gpt-4.1-mini", "anthropic/claude-haiku-4-5"])
@pytest.mark.parametrize("faults", ["", "500,badbody,badjson,badschema,disconnect"])
def test_a_planted_key_stands_in_no_file_and_no_sentence(tmp_path: Path, model: str, faults: str) -> None:
    with serving("--facts", *(("--fault-rate", "0.3", "--faults", faults) if faults else ())) as server:
        recipe = written(tmp_path, server.url)
        said = run(tmp_path, "make", str(recipe), "--out", str(tmp_path / "run"), "--set", f"teachers.0.model={model}", "--limit", "6")
    said += run(tmp_path, "report", str(tmp_path / "run"))
    assert ((tmp_path / "run" / "report.json").is_file(), PLANTED in said, holding(tmp_path)) == (True, False, [])


def test_a_planted_key_stands_in_no_error_of_a_server_that_is_away(tmp_path: Path) -> None:
    recipe = written(tmp_path, f"http://127.0.0.1:{free_port()}/v1")
    said = run(tmp_path, "make", str(recipe), "--out", str(tmp_path / "run"), "--set", "teachers.0.model=openai/gpt-4.1-mini")
    assert ("can't be reached" in said, PLANTED in said, holding(tmp_path)) == (True, False, [])


FORMS = {
    "whole": PLANTED,
    "masked": f"{PLANTED[:5]}...{PLANTED[-6:]}",
    "escaped": "".join(f"\\u{ord(c):04x}" for c in PLANTED),
    "basic": base64.b64encode(f"user:{PLANTED}".encode()).decode(),
}


def echo(number: int, to: socket.socket) -> None:
    """An error, a refusal and an answer, each with the key in every form."""
    said = " or ".join(FORMS.values())
    quoted = json.dumps(said).replace("\\\\u", "\\u")
    if number % 3 == 0:
        to.sendall(http(f'{{"error": {{"message": {quoted}, "code": "bad"}}}}'.encode(), f"x-key: {PLANTED}", status="400 Bad Request"))
    elif number % 3 == 1:
        to.sendall(http(completion({"content": None, "refusal": said})))
    else:
        example = {"question": f"What is {said}?", "answer": said, "quotes": [said]}
        to.sendall(http(completion(json.dumps({"examples": [example], **example}))))


@pytest.mark.parametrize("model", ["compatible/mock", "openai/gpt-4.1-mini"])
def test_a_key_that_a_mock_server_echoes_reaches_no_file_and_no_sentence(tmp_path: Path, model: str) -> None:
    with answering(echo) as server:
        recipe = written(tmp_path, server.url)
        said = run(tmp_path, "make", str(recipe), "--out", str(tmp_path / "run"), "--set", f"teachers.0.model={model}", "--limit", "6")
    said += run(tmp_path, "report", str(tmp_path / "run"))
    files = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    core = FORMS["basic"][8:-4]  # of the base64, what the key alone decides
    left = [form for form in (PLANTED, PLANTED[-6:], FORMS["masked"], core) if form in said or any(form.encode() in f for f in files)]
    assert (left, "[key]" in said or any(b"[key]" in f for f in files)) == ([], True)
