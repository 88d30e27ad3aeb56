"""Prints how long the review page of many examples takes to open in Chromium, and how long a verdict takes to show.

usage: python benchmarks/page.py [--examples 2000] [--opened 5]

The examples are made: chunks of 2,000 characters, eight filters' verdicts each. Opened: from the call until the first example is drawn.
A verdict: from the key until the next example is drawn, over 200 of them, saved each time.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[0] = str(Path(__file__).resolve().parents[1])  # instead of this folder, which holds a filters.py too

from playwright.sync_api import sync_playwright  # noqa: E402

from factory.review.page import render_page  # noqa: E402

SENTENCE = "The lessee returns the logger for calibration every twelve months, and pays 40 crowns for each week it is late. "
FILTERS = ("schema", "grounding", "wording", "relevance", "consistency", "judge", "duplicates", "decontamination")


def card(number: int) -> dict[str, object]:
    chunk = (SENTENCE * 20)[:2000]
    return {
        "id": f"e{number:05}",
        "judged": "0" * 16,
        "state": "kept",
        "split": "train",
        "task": "qa",
        "instruction": f"What is paid for a logger that is late, case {number}?",
        "response": "40 crowns a week",
        "chunk": chunk,
        "marks": [[0, len(SENTENCE) - 1]],
        "missing": [],
        "document": f"contracts/{number % 60:02}.md",
        "page": None,
        "headings": ["Lease", "6. Returns"],
        "teacher": "t",
        "said": [{"filter": name, "passed": True, "reason": "", "score": 1.0} for name in FILTERS],
        "tried": [],
        "second": number % 5 == 0,
    }


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--examples", type=int, default=2000)
    given.add_argument("--opened", type=int, default=5)
    asked = given.parse_args()
    deck = {
        "run": "benchmark",
        "sample": "s",
        "split": None,
        "tasks": {"qa": {"kind": "qa"}},
        "cards": [card(n) for n in range(asked.examples)],
    }
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "review.html"
        path.write_text(render_page("Review of benchmark", deck), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened, pressed = [], []
        for _ in range(asked.opened):
            shown = browser.new_page()
            start = time.monotonic()
            shown.goto(path.as_uri())
            shown.wait_for_selector("mark")
            opened.append(time.monotonic() - start)
        shown.fill("#reviewer", "Ada")
        shown.locator("#card").focus()
        for _ in range(200):
            pressed.append(
                shown.evaluate(
                    """async () => { const start = performance.now();
                document.getElementById("card").dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); return performance.now() - start; }"""
                )
            )
        judged = shown.inner_text("#count")
        browser.close()
    size = len(render_page("", deck)) / 1e6
    print(f"{asked.examples} examples, {size:.1f} MB: opened in {median(opened):.2f} s (median of {asked.opened}, worst {max(opened):.2f})")
    print(f"a verdict and the next example: {median(pressed):.0f} ms (median of 200, worst {max(pressed):.0f}); {judged}")


if __name__ == "__main__":
    main()
