"""Filled Word forms: values, ticks and choices are text, prompts are not, and no empty box reads as ticked."""

from pathlib import Path

import pytest

from factory.documents.formats.office.docx import read_docx
from tests.office import p, run, word


def text(home: Path, *body: str) -> str:
    return read_docx(word(home / "a.docx", *body)).text


def field(settings: str, code: str, result: str | None = None) -> str:
    """A legacy form field; without a result Word writes no `separate` mark."""
    begin = (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{settings}</w:ffData></w:fldChar></w:r>'
    )
    instruction = f"<w:r><w:instrText> {code} </w:instrText></w:r>"
    middle = (
        "" if result is None else f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}'
    )
    return f'{begin}{instruction}{middle}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def box(inside: str, result: str | None = None) -> str:
    return field(f"<w:checkBox>{inside}</w:checkBox>", "FORMCHECKBOX", result)


def choice(inside: str, result: str | None = None) -> str:
    entries = "".join(f'<w:listEntry w:val="{word}"/>' for word in ("low", "medium", "high"))
    return field(f"<w:ddList>{inside}{entries}</w:ddList>", "FORMDROPDOWN", result)


def value(result: str) -> str:
    return field("<w:textInput/>", "FORMTEXT", result)


def control(settings: str, inside: str) -> str:
    return f"<w:sdt><w:sdtPr>{settings}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


PROMPT = "<w:showingPlcHdr/>"


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("<w:default w:val='0'/><w:checked/>", "☒ done"),
        ("<w:default w:val='1'/>", "☒ done"),
        ("<w:default w:val='1'/><w:checked w:val='0'/>", "☐ done"),
        ("<w:checked w:val='false'/>", "☐ done"),
        ("", "☐ done"),
    ],
)
@pytest.mark.parametrize("result", [None, "", "x"])
def test_a_legacy_check_box_shows_its_state(
    tmp_path: Path, inside: str, shown: str, result: str | None
) -> None:
    assert text(tmp_path, p(box(inside, result), " done")) == shown


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("<w:result w:val='2'/>", "class: high"),
        ("<w:default w:val='1'/>", "class: medium"),
        ("<w:default w:val='1'/><w:result w:val='0'/>", "class: low"),
    ],
)
def test_a_legacy_list_shows_the_entry_that_was_chosen(
    tmp_path: Path, inside: str, shown: str
) -> None:
    assert text(tmp_path, p("class: ", choice(inside))) == shown
    assert text(tmp_path, p("class: ", choice(inside, "other"))) == shown


def test_a_list_whose_settings_name_no_entry_shows_what_is_written(tmp_path: Path) -> None:
    none = "<w:result w:val='9'/>"
    assert text(tmp_path, p("class: ", choice(none), choice(none, "other"))) == "class: other"


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ("9 months", "due in 9 months."),
        ("\u2002\u2002\u2002\u2002\u2002", "due in ."),
        ("[enter the date]", "due in ."),
        ("Click here to enter text.", "due in ."),
    ],
)
def test_a_legacy_text_field_shows_its_value_and_no_prompt(
    tmp_path: Path, result: str, shown: str
) -> None:
    assert text(tmp_path, p("due in ", value(result), ".")) == shown


@pytest.mark.parametrize(
    ("state", "glyph", "shown"),
    [("1", "☒", "☒"), ("0", "☐", "☐"), ("1", "R", "☒"), ("0", "£", "☐"), ("0", "", "☐")],
)
def test_a_check_box_control_shows_its_state_whatever_its_picture(
    tmp_path: Path, state: str, glyph: str, shown: str
) -> None:
    settings = f'<w14:checkbox><w14:checked w14:val="{state}"/></w14:checkbox>'
    inline = control(settings, run(glyph, '<w:rFonts w:ascii="Wingdings 2"/>'))
    block = control(settings, p(run(glyph)))
    assert text(tmp_path, p(inline, " done")) == f"{shown} done"
    assert text(tmp_path, block, p("done")) == f"{shown}\n\ndone"


def test_a_check_box_control_around_a_cell_shows_its_state(tmp_path: Path) -> None:
    cell = control(
        '<w14:checkbox><w14:checked w14:val="0"/></w14:checkbox>', f"<w:tc>{p(run('☒'))}</w:tc>"
    )
    rows = "".join(f"<w:tr><w:tc>{p(name)}</w:tc>{cell}</w:tr>" for name in ("doors", "lamps"))
    assert text(tmp_path, f"<w:tbl>{rows}</w:tbl>") == "| doors | ☐ |\n| --- | --- |\n| lamps | ☐ |"


@pytest.mark.parametrize(
    "kind", ["<w:dropDownList/>", "<w:comboBox/>", "<w:date/>", "<w:text/>", ""]
)
def test_a_control_shows_its_value_and_no_prompt(tmp_path: Path, kind: str) -> None:
    filled = control(kind, run("high"))
    empty = control(kind + PROMPT, run("Choose an item."))
    assert text(tmp_path, p("class ", filled, " or ", empty, ".")) == "class high or ."
    assert (
        text(tmp_path, control(kind, p("high")), control(kind + PROMPT, p("Choose an item.")))
        == "high"
    )


def test_a_prompt_of_a_control_around_a_cell_is_no_value(tmp_path: Path) -> None:
    cell = control(PROMPT, f"<w:tc>{p('Click or tap here to enter text.')}</w:tc>")
    table = f"<w:tbl><w:tr><w:tc>{p('chief')}</w:tc>{cell}<w:tc>{p('Ada')}</w:tc></w:tr></w:tbl>"
    assert text(tmp_path, table) == "| chief | Ada |\n| --- | --- |"


def test_a_prompt_in_the_style_of_prompts_is_no_value_even_if_its_control_does_not_say_so(
    tmp_path: Path,
) -> None:
    style = '<w:rStyle w:val="PlaceholderText"/>'
    asked, filled = (
        control("", run("Click here to enter a date.", style)),
        control("", run("3 May", style)),
    )
    assert text(tmp_path, p("due ", asked, filled)) == "due 3 May"


@pytest.mark.parametrize(
    "result", ["Type II", "Select Committee", "Enter by gate 3", "[12]", "click-fit"]
)
def test_a_value_that_begins_as_a_prompt_does_is_a_value(tmp_path: Path, result: str) -> None:
    assert text(tmp_path, p("is ", value(result))) == f"is {result}"


@pytest.mark.parametrize(
    "prompt", ["Please select", "- Select -", "Choose one...", "Enter your name"]
)
def test_a_list_whose_first_entry_asks_for_a_choice_has_none(tmp_path: Path, prompt: str) -> None:
    listed = f'<w:ddList><w:listEntry w:val="{prompt}"/><w:listEntry w:val="high"/></w:ddList>'
    assert text(tmp_path, p("class ", field(listed, "FORMDROPDOWN"), ".")) == "class ."


@pytest.mark.parametrize("prompt", ["Click or tap here to enter text.", "Choose an item."])
def test_a_prompt_of_words_own_is_no_value_though_another_program_dropped_its_mark(
    tmp_path: Path, prompt: str
) -> None:
    assert text(tmp_path, p("class ", control("<w:text/>", run(prompt)), ".")) == "class ."


def test_a_control_that_no_longer_shows_its_prompt_is_filled(tmp_path: Path) -> None:
    assert (
        text(tmp_path, p(control('<w:showingPlcHdr w:val="0"/>', run("Ada Finch")))) == "Ada Finch"
    )


@pytest.mark.parametrize(
    ("marks", "glyph", "shown"),
    [
        ('<w:rFonts w:ascii="Wingdings"/>', "\uf0fe", "☒ done"),
        ('<w:rFonts w:ascii="Wingdings"/>', "\uf0a8", "☐ done"),
        ('<w:rFonts w:ascii="Wingdings 2"/>', "R", "☒ done"),
        ('<w:rFonts w:ascii="Wingdings 2"/>', "\u00a3", "☐ done"),
        ('<w:rFonts w:ascii="Symbol"/>', "\uf0b3", "≥ done"),
        ("", "R", "R done"),
    ],
)
def test_a_tick_of_a_symbol_font_is_a_tick(
    tmp_path: Path, marks: str, glyph: str, shown: str
) -> None:
    assert text(tmp_path, p(run(glyph, marks), " done")) == shown


@pytest.mark.parametrize(
    ("font", "code", "shown"),
    [
        ("Wingdings 2", "F052", "☒"),
        ("Wingdings 2", "00A3", "☐"),
        ("Wingdings", "F0FE", "☒"),
        ("Symbol", "F0A3", "≤"),
        ("Symbol", "zz", ""),
    ],
)
def test_a_symbol_by_its_code_is_what_its_font_shows(
    tmp_path: Path, font: str, code: str, shown: str
) -> None:
    symbol = f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'
    assert text(tmp_path, p("a", symbol)) == f"a{shown}"


def test_an_activex_control_is_marked_and_reported(tmp_path: Path) -> None:
    shown = '<w:r><w:object><w:control r:id="rId1" w:name="CheckBox1"/></w:object></w:r>'
    path = word(
        tmp_path / "a.docx",
        p("Doors ", shown, " closed"),
        parts={"word/activeX/activeX1.xml": "<a/>"},
    )
    found = read_docx(path)
    assert (found.text, found.unread) == (
        "Doors [form control] closed",
        ("ActiveX form controls (1)",),
    )


def test_a_checklist_shows_which_points_are_done(tmp_path: Path) -> None:
    rules = '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="☐"/></w:lvl></w:abstractNum>'
    numbering = f'{rules}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    listed = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    path = word(tmp_path / "a.docx", p("Doors closed", marks=listed), numbering=numbering)
    assert read_docx(path).text == "- ☐ Doors closed"
