"""Every file becomes a document, or a sentence says why not."""

import json
import os
import shlex
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Document
from factory.core.settings import DocumentSettings
from factory.documents.chunker import chunk
from factory.documents.formats import Extracted
from factory.documents.formats import ExtractedPassage as Ready
from factory.documents.formats.subprocess_reader import SubprocessReader
from factory.documents.pii.masking import PiiMasker, build_pii_masker
from factory.documents.reader import DocumentReader, Skipped, normalise, read_documents
from tests.world import FEW, LAW, TEXT, WASHED, document, mistake

KINDS = ".md, .markdown, .txt, .pdf, .docx, .html, .htm, .pptx, .xlsx, .csv, .tsv, .jsonl"
FOLDER = DocumentSettings(paths=(".",))
EVERYTHING = DocumentSettings(paths=(".",), include=("**/*",))


def folder(home: Path, **files: bytes | str) -> Path:
    """Write .md files, given by their stems."""
    for stem, written in files.items():
        (home / f"{stem}.md").write_bytes(written.encode() if isinstance(written, str) else written)
    return home


def names(found: Sequence[Document]) -> list[str]:
    return [d.ref.name for d in found]


def test_a_document_has_its_text_and_its_name_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    folder(tmp_path / "rules", depot=TEXT)
    assert read_documents(FOLDER, tmp_path) == ([document(name="rules/depot.md")], [])


def test_documents_come_in_order_of_name_whatever_the_order_of_paths(tmp_path: Path) -> None:
    folder(tmp_path, b="Trams rest.", a="Trams run.", c="Trams wait.")
    found, _ = read_documents(DocumentSettings(paths=("c.md", "b.md", "a.md")), tmp_path)
    assert names(found) == ["a.md", "b.md", "c.md"]


def test_excluded_files_are_not_read(tmp_path: Path) -> None:
    folder(tmp_path, a="Trams run.", b="Trams rest.")
    found, skipped = read_documents(DocumentSettings(paths=(".",), exclude=("b*",)), tmp_path)
    assert (names(found), skipped) == (["a.md"], [])


def test_a_run_below_the_documents_is_not_read(tmp_path: Path) -> None:
    folder(tmp_path, a="Trams run.")
    (tmp_path / "runs" / "mine" / "documents").mkdir(parents=True)
    folder(tmp_path / "runs", notes="Trams rest.")
    (tmp_path / "runs" / "mine" / ".documents.jsonl").touch()
    folder(tmp_path / "runs" / "mine" / "documents", b="Trams wait.")
    folder(tmp_path / "runs" / "mine", report="Trams turn.")
    found, skipped = read_documents(FOLDER, tmp_path)
    assert (names(found), skipped) == (["a.md", "runs/notes.md"], [])


def test_a_file_with_the_text_of_another_is_skipped(tmp_path: Path) -> None:
    folder(tmp_path, a="Trams run.\n", b="Trams run.\r\n")
    found, skipped = read_documents(FOLDER, tmp_path)
    assert (names(found), skipped) == (
        ["a.md"],
        [Skipped(name="b.md", reason="its text is the same as that of a.md")],
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"", "it is empty"),
        (b" \r\n\t\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is a binary file, not text"),
        (b"Trams\0rest.", "it is a binary file, not text"),
        (b"Trams\0rest.\0\0\0", "it is a binary file, not text"),
        ("Caf\u00e9".encode("latin-1"), "it is not UTF-8 (byte 3); save it as UTF-8"),
        (b"Trams \xff\xfe rest.", "it is not UTF-8 (byte 6); save it as UTF-8"),
        (b"Trams rest. " * 900 + b"\0", "it is a binary file, not text"),
        ("Trams\0rest.".encode("utf-16"), "it is a binary file, not text"),
        (b"\xff\xfeT\0r\0a", "it is not UTF-16 (byte 6); save it as UTF-8"),
    ],
)
def test_garbage_is_skipped_for_one_reason(tmp_path: Path, written: bytes, reason: str) -> None:
    folder(tmp_path, garbage=written, depot=TEXT)
    assert read_documents(FOLDER, tmp_path) == (
        [document()],
        [Skipped(name="garbage.md", reason=reason)],
    )


@pytest.mark.parametrize(
    ("name", "ending"), [("depot.odt", ".odt"), ("depot.doc", ".doc"), ("depot", "no")]
)
def test_another_kind_of_file_is_skipped_with_its_ending(
    tmp_path: Path, name: str, ending: str
) -> None:
    (folder(tmp_path, depot=TEXT) / name).write_text(WASHED)
    _, skipped = read_documents(EVERYTHING, tmp_path)
    assert skipped == [
        Skipped(name=name, reason=f"{ending} ending: files of that kind are not read")
    ]


def test_an_ending_that_is_not_read_is_reported(tmp_path: Path) -> None:
    (folder(tmp_path, depot=TEXT) / "trams.odt").write_bytes(b"PK")
    assert read_documents(FOLDER, tmp_path)[1] == [
        Skipped(name="trams.odt", reason=".odt ending: files of that kind are not read")
    ]


def test_a_note_that_a_file_is_open_is_not_reported(tmp_path: Path) -> None:
    (folder(tmp_path, depot=TEXT) / "~$depot.docx").write_bytes(b"Ada Finch")
    assert read_documents(FOLDER, tmp_path) == ([document()], [])


def test_a_file_that_is_not_included_is_not_reported(tmp_path: Path) -> None:
    (folder(tmp_path, depot=TEXT) / "trams.txt").write_text(WASHED)
    (tmp_path / ".trams.swp").write_text(WASHED)
    assert read_documents(DocumentSettings(paths=(".",), include=("*.md",)), tmp_path) == (
        [document()],
        [],
    )


def test_an_ending_in_capitals_is_read(tmp_path: Path) -> None:
    (tmp_path / "DEPOT.MD").write_text(TEXT)
    assert read_documents(FOLDER, tmp_path) == ([document(name="DEPOT.MD")], [])


def test_two_folders_may_hold_the_same_name(tmp_path: Path) -> None:
    for home, text in (("old", "Trams rest."), ("new", "Trams run.")):
        (tmp_path / home).mkdir()
        folder(tmp_path / home, depot=text, **{home: f"{text} {home}"})
    found, skipped = read_documents(DocumentSettings(paths=("old", "new")), tmp_path)
    assert (names(found), skipped) == (["new.md", "new/depot.md", "old.md", "old/depot.md"], [])


def test_a_link_that_leads_nowhere_is_reported(tmp_path: Path) -> None:
    (folder(tmp_path, depot=TEXT) / "gone.md").symlink_to("/nowhere")
    assert read_documents(FOLDER, tmp_path)[1] == [
        Skipped(name="gone.md", reason="it can't be read: No such file or directory")
    ]


def test_a_pipe_is_reported(tmp_path: Path) -> None:
    os.mkfifo(folder(tmp_path, depot=TEXT) / "pipe.md")
    assert read_documents(FOLDER, tmp_path)[1] == [
        Skipped(name="pipe.md", reason="it is a pipe or a device, not a file")
    ]


def test_a_name_that_is_not_utf_8_is_written_out(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md")).write_text(TEXT)
    assert names(read_documents(FOLDER, tmp_path)[0]) == ["\\xff.md"]


def test_a_file_that_can_not_be_opened_is_skipped_with_the_reason(tmp_path: Path) -> None:
    skipped = DocumentReader(None, None, SubprocessReader()).read(tmp_path / "gone.md", "gone.md")
    assert skipped == Skipped(name="gone.md", reason="it can't be read: No such file or directory")


def test_a_folder_in_place_of_a_file_is_skipped_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "depot.md").mkdir()
    skipped = DocumentReader(None, None, SubprocessReader()).read(tmp_path / "depot.md", "depot.md")
    assert skipped == Skipped(name="depot.md", reason="it can't be read: Is a directory")


def test_data_of_pictures_is_left_out_of_every_kind_of_file(tmp_path: Path) -> None:
    data = "data:image/png;base64," + "iVBORw0KGgo" * 40
    row = json.dumps({"text": f"Trams {data} rest."})
    folder(tmp_path, a=f"Trams {data} rest.")
    (tmp_path / "b.txt").write_text(f"Trams  {data} rest.", encoding="utf-8")
    (tmp_path / "c.csv").write_text(f'tram,picture\nAsh,"{data}"\nBirch,x\n', encoding="utf-8")
    (tmp_path / "d.jsonl").write_text(f"{row}\n{row.replace('rest', 'run')}\n", encoding="utf-8")
    found, _ = read_documents(FOLDER.model_copy(update={"include": ("*",)}), tmp_path)
    assert names(found) == ["a.md", "b.txt", "c.csv", "d.jsonl"]
    assert [one.text for one in found if "base64" in one.text] == []
    ready = found[-1]
    assert [ready.text[p.start : p.end] for p in ready.passages] == ["Trams  rest.", "Trams  run."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_byte_order_mark_and_line_ends_leave_no_trace(tmp_path: Path, encoding: str) -> None:
    folder(tmp_path, depot=TEXT.replace("\n", "\r\n").encode(encoding))
    assert read_documents(FOLDER, tmp_path) == ([document()], [])


@FEW
@given(written=st.binary(max_size=40))
def test_any_bytes_give_a_document_or_one_reason(
    tmp_path_factory: pytest.TempPathFactory, written: bytes
) -> None:
    home = folder(tmp_path_factory.mktemp("client"), garbage=written, depot=TEXT)
    found, skipped = read_documents(FOLDER, home)
    assert sorted([*names(found), *(s.name for s in skipped)]) == ["depot.md", "garbage.md"]


@LAW
@given(st.text(alphabet=st.sampled_from("\r\nae\u0301\u0327\u1100\u1161 ")) | st.text())
def test_a_normalised_text_stays_as_it_is(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@LAW
@given(st.text(alphabet=st.sampled_from("\r\nae\u0301 ")))
def test_a_normalised_text_is_composed_and_has_no_carriage_return(text: str) -> None:
    assert unicodedata.is_normalized("NFC", normalise(text))
    assert "\r" not in normalise(text)


def test_a_path_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    said = mistake(lambda: read_documents(DocumentSettings(paths=("gone",)), tmp_path))
    assert (
        said
        == f"documents.paths: gone does not exist (looked in {tmp_path}), must be a folder or a file"
    )


def test_a_path_that_is_too_long_is_a_mistake(tmp_path: Path) -> None:
    said = mistake(lambda: read_documents(DocumentSettings(paths=("x" * 5000,)), tmp_path))
    assert (
        said
        == f"documents.paths: {'x' * 80} is not a valid path (File name too long), must be a folder or a file"
    )


@pytest.mark.parametrize("pattern", ["/abs/*.md", "", "**x.md"])
def test_what_is_no_pattern_is_a_mistake(tmp_path: Path, pattern: str) -> None:
    said = mistake(
        lambda: read_documents(
            DocumentSettings(paths=(".",), include=(pattern,)), folder(tmp_path, depot=TEXT)
        )
    )
    assert said.startswith(f'documents.include: "{pattern}" is not a valid pattern (')


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    why = "no file matches documents.include"
    assert mistake(lambda: read_documents(FOLDER, tmp_path)) == (
        f"documents.paths = ['.']: no usable document ({why}); add files of one of these types: {KINDS}"
    )


def test_a_folder_of_garbage_is_a_mistake_that_names_the_first_of_it(tmp_path: Path) -> None:
    folder(tmp_path, a=b"", b=b"\xff")
    assert mistake(lambda: read_documents(FOLDER, tmp_path)) == (
        f"documents.paths = ['.']: no usable document (a.md: it is empty); add files of one of these types: {KINDS}"
    )


ODD = "\U0001f68b cafe\u0301 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 x\u0323\u0307"  # emoji, combining marks, right to left


def passages(home: Path, *texts: str, name: str = "chunks.jsonl") -> Path:
    (home / name).write_text(
        "".join(json.dumps({"text": text, "headings": ["Depot"]}) + "\n" for text in texts),
        encoding="utf-8",
    )
    return home


def test_ready_chunks_stay_what_they_are(tmp_path: Path) -> None:
    (found,), _ = read_documents(
        FOLDER, passages(tmp_path, f"{ODD} one", f"{WASHED}\n\nTrams rest.")
    )
    assert [c.text for c in chunk(found, 80)] == [
        normalise(f"{ODD} one"),
        f"{WASHED}\n\nTrams rest.",
    ]
    assert [c.headings for c in chunk(found, 80)] == [("Depot",), ("Depot",)]


@FEW
@given(
    parts=st.lists(
        st.text(alphabet=st.sampled_from("\r\nae\u0301\u0323か\u3099\u1100\u1161🚋ש ")),
        min_size=1,
        max_size=5,
    )
)
def test_pages_and_ready_chunks_move_along_with_the_text(parts: list[str]) -> None:
    def given_as(*_: object) -> Extracted:
        starts = [sum(map(len, marked[:n])) for n in range(len(marked))]
        ready = tuple(
            Ready(start, start + len(one)) for start, one in zip(starts, marked, strict=True)
        )
        return Extracted("".join(marked), tuple(starts), ready)

    marked = [
        f"§{n}{part}|" for n, part in enumerate(parts)
    ]  # no mark joins the sign before or behind it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("factory.documents.reader.extract_text", given_as)
        found = DocumentReader(None, None, SubprocessReader()).read(Path("depot.pdf"), "depot.pdf")
    assert isinstance(found, Document)
    assert [found.text[p.start : p.end] for p in found.passages] == [
        normalise(one) for one in marked
    ]
    assert [found.text[start:].startswith(f"§{n}") for n, start in enumerate(found.pages)] == [
        True
    ] * len(marked)


def test_a_part_that_a_reader_left_out_is_known_of_the_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Extracted(WASHED, unread=("comments (2)",))
    monkeypatch.setattr("factory.documents.reader.extract_text", lambda *_: found)
    read = DocumentReader(None, None, SubprocessReader()).read(Path("depot.docx"), "depot.docx")
    assert isinstance(read, Document)
    assert read.unread == ("comments (2)",)


def test_a_mask_moves_ready_chunks_and_pages_along(tmp_path: Path) -> None:
    settings = DocumentSettings.model_validate({"paths": ["."], "personal_data": "mask"})
    home = passages(
        tmp_path,
        f"{ODD} Ask ada.finch@marrow.example first.",
        f"{ODD} Then +44 20 7946 0958 or ada.finch@marrow.example.",
    )
    (found,), _ = read_documents(settings, home, build_pii_masker(settings))
    assert [c.text for c in chunk(found, 80)] == [
        normalise(f"{ODD} Ask [EMAIL_1] first."),
        normalise(f"{ODD} Then [PHONE_1] or [EMAIL_1]."),
    ]


def test_a_file_of_which_nothing_is_left_is_skipped(tmp_path: Path) -> None:
    settings = DocumentSettings.model_validate({"paths": ["."], "personal_data": "drop"})
    folder(tmp_path, contact="ada.finch@marrow.example", depot=TEXT)
    _, skipped = read_documents(settings, tmp_path, build_pii_masker(settings))
    assert skipped == [
        Skipped(name="contact.md", reason="nothing is left of it without its personal data")
    ]


READ_ALOUD = "import sys; sys.stdout.write(open(sys.argv[1]).read().upper() + '\\fPAGE TWO')"


def test_a_command_for_ocr_reads_pictures(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_text("trams rest.")
    settings = DocumentSettings(
        paths=("scan.png",), ocr=shlex.join([sys.executable, "-c", READ_ALOUD, "{input}"])
    )
    (found,), _ = read_documents(settings, tmp_path)
    assert (found.text, found.pages) == ("TRAMS REST.\n\nPAGE TWO", (0, 13))


def test_a_command_for_ocr_may_write_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_text("trams rest.")
    copies = "import sys; open(sys.argv[2], 'w').write(open(sys.argv[1]).read())"
    settings = DocumentSettings(
        paths=("scan.png",), ocr=shlex.join([sys.executable, "-c", copies, "{input}", "{output}"])
    )
    assert read_documents(settings, tmp_path)[0][0].text == "trams rest."


COUNTS = "import sys; open(sys.argv[2], 'a').write('.'); sys.stdout.write(open(sys.argv[1]).read())"  # how often it is run


def test_a_scan_is_recognised_once_until_it_or_the_command_changes(tmp_path: Path) -> None:
    (scan := tmp_path / "scan.png").write_text("trams rest.")
    counted, kept = tmp_path / "counted", tmp_path / "kept"
    plain = DocumentSettings(
        paths=("scan.png",), ocr=shlex.join([sys.executable, "-c", COUNTS, "{input}", str(counted)])
    )
    other = plain.model_copy(update={"ocr": f"{plain.ocr} --again"})

    def runs(settings: DocumentSettings, masks: PiiMasker | None = None) -> int:
        assert read_documents(settings, tmp_path, masks, kept)[0][0].text == scan.read_text()
        return len(counted.read_text())

    assert [runs(plain), runs(plain), runs(other), runs(plain)] == [1, 1, 2, 2]
    scan.write_text("trams wait.")
    assert [runs(plain), runs(plain)] == [3, 3]
    before = set(kept.iterdir())
    scan.write_text("crews wait.")
    assert (runs(plain, PiiMasker({"email": "mask"}, [])), set(kept.iterdir())) == (
        4,
        before,
    )  # it would hold what masks take out


def test_a_command_for_ocr_that_fails_is_reported(tmp_path: Path) -> None:
    (folder(tmp_path, depot=TEXT) / "scan.png").write_text("trams rest.")
    settings = DocumentSettings(
        paths=("depot.md", "scan.png"),
        ocr=shlex.join([sys.executable, "-c", "raise SystemExit('no light')", "{input}"]),
    )
    assert read_documents(settings, tmp_path)[1] == [
        Skipped(name="scan.png", reason="documents.ocr failed with exit code 1: no light")
    ]


def test_without_a_command_pictures_are_reported(tmp_path: Path) -> None:
    (folder(tmp_path, depot=TEXT) / "scan.png").write_text("trams rest.")
    assert read_documents(FOLDER, tmp_path)[1] == [
        Skipped(
            name="scan.png",
            reason=".png ending: only a command for OCR reads pictures (documents.ocr)",
        )
    ]


NO_COMMANDS = [
    ("tesseract", "the command has no {input}"),
    ('ocr "{input}', "No closing quotation"),
    ("gone-ocr {input}", "the command gone-ocr is not installed"),
]


@pytest.mark.parametrize(("command", "told"), NO_COMMANDS)
def test_a_command_for_ocr_that_is_none_is_a_mistake(
    tmp_path: Path, command: str, told: str
) -> None:
    (tmp_path / "scan.png").write_text("trams rest.")
    said = mistake(
        lambda: read_documents(DocumentSettings(paths=("scan.png",), ocr=command), tmp_path)
    )
    assert said.startswith(f"documents.ocr: {told}")
