"""The review page in a real Chromium: judged by keyboard alone, closed, reopened, exported, imported; nothing of a document ever runs."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factory.core.recipe import Recipe
from factory.core.records import Example
from factory.core.run_folder import Run, example_line
from factory.review import VERDICTS_FILE, read_expert_verdicts
from factory.review.formats import read_review_file
from factory.review.importer import import_verdicts
from factory.review.page import export_page
from factory.review.sampling import find_candidates
from tests.factory.review.decks import frozen_deck
from tests.world import chunk, document, example, span

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the page is driven by playwright, of the extra dev"
)
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")

RECIPE = Recipe.model_validate(
    {
        "documents": {"paths": ["x"]},
        "teachers": [{"name": "t", "model": "openai/x"}],
        "student": {"base": "s"},
        "tasks": [
            {"kind": "qa"},
            {
                "kind": "classification",
                "name": "kind",
                "labels": [{"name": "rule", "definition": "what must be done"}, {"name": "fact"}],
            },
            {
                "kind": "extraction",
                "name": "fields",
                "fields": [
                    {"name": "days", "type": "number"},
                    {"name": "fee", "type": "money"},
                    {"name": "places", "type": "list"},
                ],
            },
        ],
    }
)
HOSTILE = (
    '<img src=x onerror="document.title=\'run\'"></script><script>document.title="run"</script>'
)
TEXT = f"# Tram 🚋 depot\n\n👩‍🔧 Trams are washed e\u0301very 14 days. המוסך נפתח בשש. 車庫は六時に開く。 {HOSTILE}\n"


def placed(number: int, **changes: object) -> Example:
    """An example whose evidence stands behind emoji and combining marks."""
    whole = document(TEXT, "wagen/ドキュメント.md")
    body = TEXT[TEXT.index("👩") :].strip()
    where = chunk(
        body, document=whole.ref, start=TEXT.index(body), end=TEXT.index(body) + len(body)
    )
    made = {
        "id": f"e{number:04}",
        "instruction": f"When are trams washed, case {number}?",
        "chunk": where,
        "spans": (span("14 days", body),),
    }
    return example(**{**made, **changes})


def run_of(folder: Path, *kept: Example) -> Run:
    run = Run(folder)
    run.create()
    run.write_documents([document(TEXT, "wagen/ドキュメント.md")])
    run.write_lines("kept.jsonl", (example_line(e) for e in kept))
    run.write_lines("rejected.jsonl", [])
    return run


def exported(run: Run) -> Path:
    kept = find_candidates(run.lines("kept.jsonl"), lambda _: False, 0.6, None)
    return export_page(run, frozen_deck(run, RECIPE, kept))


class Page:
    """The page in a browser whose profile outlives it."""

    def __init__(self, driver: Any, path: Path, profile: Path, **options: object) -> None:  # noqa: ANN401 - playwright's own
        self.context = driver.chromium.launch_persistent_context(
            str(profile),
            executable_path=CHROMIUM,
            args=["--no-sandbox"],
            accept_downloads=True,
            **options,
        )
        self.faults: list[str] = []
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console", lambda said: self.faults.append(said.text) if said.type == "error" else None
        )
        self.page.goto(path.resolve().as_uri())

    def name(self, reviewer: str) -> None:
        self.page.fill("#reviewer", reviewer)
        self.page.locator("#card").focus()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def save(self, folder: Path) -> Path:
        with self.page.expect_download() as waited:
            self.press("e")
        path = folder / str(waited.value.suggested_filename)
        waited.value.save_as(path)
        return path

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with sync_api.sync_playwright() as started:
        yield started


def of(driver: Any, path: Path, tmp_path: Path, **options: object) -> Page:  # noqa: ANN401 - playwright's own
    return Page(driver, path, tmp_path / "profile", **options)


def test_thirty_are_judged_by_keyboard_closed_reopened_and_come_back(
    driver: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    run = run_of(tmp_path / "run", *(placed(number) for number in range(30)))
    path = exported(run)
    first = of(driver, path, tmp_path)
    first.name("Ada Finch")
    for number in range(18):
        first.press(*(("a",), ("r", "2"), ("s",))[number % 3])
    first.press("u", "u")  # 16 stand
    first.close()

    again = of(driver, path, tmp_path)
    assert again.text("#count").startswith(
        "17 / 30 · 11 judged: 6 accepted, 5 rejected, 0 fixed, 5 skipped"
    )
    again.page.locator("#card").focus()
    again.press("f")
    again.page.keyboard.press("Control+A")
    again.page.keyboard.type("every 14 days, “at least” 🚋")
    again.press("Control+Enter")
    for _ in range(13):
        again.press("a")
    back = again.save(tmp_path)
    assert again.faults == []
    again.close()

    assert back.name == "review-run-Ada-Finch.json"
    found = import_verdicts(run, "f", read_review_file(back), lambda task, question, answer: "")
    assert (len(found), {v.reviewer for v in found}) == (25, {"Ada Finch"})
    said = [v.verdict for v in read_expert_verdicts(run)]
    assert {what: said.count(what) for what in ("accept", "reject", "fix")} == {
        "accept": 19,
        "reject": 5,
        "fix": 1,
    }
    assert [v.fixed for v in found if v.verdict == "fix"] == ["every 14 days, “at least” 🚋"]
    assert {v.kind for v in found if v.verdict == "reject"} == {"not_in_source"}
    assert all(v.seconds is not None and v.seconds >= 0 for v in found)


def test_what_a_document_holds_is_shown_as_text_and_never_runs(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401
    hostile = {"instruction": f"{HOSTILE}?", "response": HOSTILE}
    page = of(driver, exported(run_of(tmp_path / "run", placed(1, **hostile))), tmp_path)
    page.page.wait_for_timeout(200)
    assert page.page.title() == "Review of run · docstill review"
    assert page.page.locator("main img, main script").count() == 0
    assert page.text(".source").endswith(HOSTILE)
    assert page.text("dd.answer") == HOSTILE
    page.close()


def test_evidence_behind_emoji_and_combining_marks_is_marked_where_it_stands(
    driver: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    page = of(driver, exported(run_of(tmp_path / "run", placed(1))), tmp_path)
    assert page.page.locator("mark").all_inner_texts() == ["14 days"]
    assert page.text(".place").startswith("wagen/ドキュメント.md › Tram 🚋 depot")
    page.close()


def test_a_label_is_chosen_and_fields_are_filled_in(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401
    fields = '{"days": 14, "fee": {"amount": 5, "currency": "EUR"}, "places": ["depot"]}'
    kept = (placed(1, task="kind", response="fact"), placed(2, task="fields", response=fields))
    run = run_of(tmp_path / "run", *kept)
    page = of(driver, exported(run), tmp_path)
    page.name("Ben")
    for _ in kept:
        label = page.text(".tags").startswith("kind")
        page.press("f")
        if label:
            page.page.select_option("#panel select", "rule")
        else:
            page.page.get_by_label("days").fill("x")
            page.press("Control+Enter")
            assert "days: must be a number" in page.text("#panel")
            page.page.get_by_label("days").fill("21")
            page.page.get_by_label("places (one a line)").fill("depot\nyard")
        page.press("Control+Enter")
    found = {
        v["id"]: v["fixed"]
        for v in json.loads(page.save(tmp_path).read_text(encoding="utf-8"))["verdicts"]
    }
    page.close()
    assert found["e0001"] == "rule"
    assert json.loads(found["e0002"]) == {
        "days": 21,
        "fee": {"amount": 5, "currency": "EUR"},
        "places": ["depot", "yard"],
    }


def test_without_a_name_nothing_is_judged(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401
    page = of(driver, exported(run_of(tmp_path / "run", placed(1))), tmp_path)
    page.page.locator("#card").focus()
    page.press("a")
    assert page.text("#warning") == "Enter your name first; your verdicts are stored under it."
    assert "0 judged" in page.text("#count")
    page.close()


def test_search_and_filter_show_what_they_say(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401
    page = of(
        driver,
        exported(run_of(tmp_path / "run", *(placed(number) for number in range(12)))),
        tmp_path,
    )
    page.name("Ada")
    page.press("a", "r", "1", "/")
    page.page.keyboard.type("case 11")
    assert page.text("#found") == "1 shown"
    assert "case 11" in page.text("dd")
    page.press("Escape")
    page.page.select_option("#show", "reject")
    assert (page.text("#found"), page.text(".state")) == ("1 shown", "You rejected it: wrong.")
    page.close()


def test_another_samples_file_is_not_loaded(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401
    page = of(driver, exported(run_of(tmp_path / "run", placed(1))), tmp_path)
    other = tmp_path / "other.json"
    other.write_text('{"sample": "x", "verdicts": []}')
    page.page.set_input_files("#file", other)
    page.page.wait_for_selector("#warning:not([hidden])")
    assert page.text("#warning").startswith(
        "other.json: can't be loaded (it belongs to another sample)"
    )
    page.close()


LOOKS = (
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}},
)


@pytest.mark.parametrize("options", LOOKS, ids=("light", "dark", "phone"))
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    driver: Any,  # noqa: ANN401
    tmp_path: Path,
    options: dict[str, Any],
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = of(
        driver,
        exported(run_of(tmp_path / "run", *(placed(number) for number in range(3)))),
        tmp_path,
        **options,
    )
    page.name("Ada")
    for keys in ((), ("a",), ("r",), ("Escape", "f"), ("Escape", "?")):
        page.press(*keys)
        found = axe.run(page.page).response["violations"]
        assert [
            (v["id"], v["nodes"][0]["html"])
            for v in found
            if v["impact"] in ("serious", "critical")
        ] == []
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_an_untouched_page_gives_no_verdicts(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401
    run = run_of(tmp_path / "run", placed(1))
    page = of(driver, exported(run), tmp_path)
    page.name("Ada")
    back = page.save(tmp_path)
    page.close()
    assert (
        import_verdicts(run, "f", read_review_file(back), lambda *_: ""),
        run.has(VERDICTS_FILE),
        read_expert_verdicts(run),
    ) == (
        [],
        True,
        [],
    )
