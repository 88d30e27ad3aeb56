"""The certificate: what was measured with its interval, what was not as not measured, and digests that anyone can check."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.reports.certificate import write_certificate
from tests.factory.review.test_effects import made, once, quick, said  # noqa: F401 - fixtures
from tests.factory.review.test_page import CHROMIUM, driver  # noqa: F401


def text_of(run: Run) -> str:
    return write_certificate(run).read_text(encoding="utf-8")


def test_what_was_not_measured_is_said_to_be_so(made: Run) -> None:  # noqa: F811
    page = text_of(made)
    assert "No student of this run was scored." in page
    assert "No expert has reviewed a sample of this run." in page
    assert page.count("Not measured.") == 2
    assert "18 asked = " in page


def test_digests_are_those_of_the_files_as_they_lie_there(made: Run) -> None:  # noqa: F811
    page = text_of(made)
    for name in ("recipe.toml", "kept.jsonl", "train.jsonl", "test.jsonl"):
        assert hashlib.sha256((made.folder / name).read_bytes()).hexdigest() in page


def test_the_same_run_gives_the_same_bytes(made: Run) -> None:  # noqa: F811
    assert text_of(made) == text_of(made)


def test_a_name_is_shown_as_text(made: Run) -> None:  # noqa: F811
    hostile = made.folder.parent / "<script>x"
    made.folder.rename(hostile)
    assert "<script>" not in text_of(Run(hostile))


def test_a_run_without_a_report_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        UserMistake, match="report.json: is missing; let `docstill make` finish first"
    ):
        write_certificate(Run(tmp_path))


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")
def test_it_prints_on_one_page(made: Run, driver: Any, tmp_path: Path) -> None:  # noqa: ANN401, F811
    import pypdfium2

    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page()
    page.goto(write_certificate(made).resolve().as_uri())
    page.pdf(path=str(tmp_path / "c.pdf"), prefer_css_page_size=True)
    browser.close()
    assert len(pypdfium2.PdfDocument(tmp_path / "c.pdf")) == 1
