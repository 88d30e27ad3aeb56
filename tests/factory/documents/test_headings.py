"""Headings are found in Markdown, in plain text and in what the readers write."""

import pytest

from factory.documents.chunker import sections
from factory.documents.headings import headings


def titles(text: str, markdown: bool = True) -> list[tuple[int, str]]:
    return [(one.level, one.title) for one in headings(text, markdown)]


@pytest.mark.parametrize(
    "text",
    [
        "~~~bash\n# stop the writers first\n~~~",
        "````\n```\n# inside\n```\n````",
        "~~~\n```\n# inside\n~~~",
        "```\n~~~\n# inside\n```",
        "```\n# inside\n``` not closed\n# inside",
        "``` sh\n# never closed\n\nTITLE\n",
        "- item\n\n  ```\n  # inside\n  ```",
        "> ```\n> # inside\n> ```",
        "    # indented code",
        "    TITLE\n\ntext",
        "> # quoted\n\n> NOTE\n\ntext",
        "- # in a list",
        "<!--\n# comment\n\nTITLE\n-->",
        "<div>\n# in a block of HTML\n</div>",
        "<pre>\n\n# inside\n\nTITLE\n\n</pre>",
        "#hashtag of the day",
        "####### seven",
        r"\# no heading",
        "- item\n---\ntext",
        "> quoted\n---\ntext",
        "    code\n---\ntext",
        "[foo]: /url\n===",
        "1. Open the door\n\n2. Close the door\n\n3. Go home",
        "# \n\ntext",
    ],
)
def test_what_commonmark_takes_for_no_heading_is_none(text: str) -> None:
    assert titles(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# C#", [(1, "C#")]),
        ("## Keys ## \n", [(2, "Keys")]),
        ("   ### Keys ###x", [(3, "Keys ###x")]),
        ("#\tKeys", [(1, "Keys")]),
        ("Keys of\nthe depot\n===", [(1, "Keys of the depot")]),
        ("Keys\n-", [(2, "Keys")]),
        ("text\n# Keys\ntext", [(1, "Keys")]),
        ("```\nx\n```\n# Keys", [(1, "Keys")]),
        ("~~~\n```\n~~~\n# Keys", [(1, "Keys")]),
        ("<h1 align='center'>\n  <img src='x'>\n  Keys\n</h1>\n\ntext", [(1, "Keys")]),
        ('<div markdown="1">\n## Keys\n</div>', [(2, "Keys")]),
        ("<!-- x -->\n# Keys", [(1, "Keys")]),
        (
            "3. DEFINITIONS\n\nA tram is a tram.\n\n4. KEYS\n\nA key is a key.",
            [(2, "3. DEFINITIONS"), (2, "4. KEYS")],
        ),
        ("DEPOT RULES\n\ntext", [(1, "DEPOT RULES")]),
    ],
)
def test_what_commonmark_takes_for_a_heading_is_one(
    text: str, expected: list[tuple[int, str]]
) -> None:
    assert titles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# C#\n\ntext", [(1, "C#")]),
        ("```\n# inside\n````\n# Keys", [(1, "Keys")]),
        ("````\n```\n# inside\n```\n````\n\n# Keys", [(1, "Keys")]),
        ("1. Keys\n=======\n", [(1, "1. Keys")]),
        ("text before\nKeys\n-----\n", [(2, "Keys")]),
        ("~~~~~~~~~~~~\n\nDEPOT RULES\n\ntext", [(1, "DEPOT RULES")]),
        ("      DEPOT RULES\n\ntext", [(1, "DEPOT RULES")]),
        ("<script>\n\n# Keys", [(1, "Keys")]),
    ],
)
def test_plain_text_and_what_readers_write_is_no_markdown(
    text: str, expected: list[tuple[int, str]]
) -> None:
    assert titles(text, markdown=False) == expected


def test_the_text_after_a_fence_is_under_its_own_heading() -> None:
    text = "# Backup\n\n~~~bash\n# copy the volume\n~~~\n\nThe duty engineer is called.\n\n## Restore\n\nOn Monday."
    assert [s.headings for s in sections(text, "runbook.md")] == [
        ("Backup",),
        ("Backup", "Restore"),
    ]
    assert (
        "duty engineer"
        in text[slice(*next((s.start, s.end) for s in sections(text, "runbook.md")))]
    )
