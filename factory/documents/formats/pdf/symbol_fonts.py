"""Map characters of the fonts Symbol and Wingdings to Unicode.

PDF files often give them as codes of the private use area.
"""

import re

PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
UNKNOWN_CHARACTER = "\ufffd"
_LETTERS = dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
_SMALL = dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
_MATHS = {
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x7E: "∼",
    0xA2: "′", 0xA3: "≤", 0xA4: "⁄", 0xA5: "∞", 0xA6: "ƒ", 0xA8: "♦", 0xAB: "↔", 0xAC: "←",
    0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥", 0xB4: "×",
    0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…",
    0xC5: "⊕", 0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xC9: "⊃", 0xCC: "⊂", 0xCE: "∈", 0xCF: "∉",
    0xD0: "∠", 0xD1: "∇", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅",
    0xD8: "¬", 0xD9: "∧", 0xDA: "∨", 0xDB: "⇔", 0xDC: "⇐", 0xDE: "⇒", 0xE2: "®", 0xE3: "©",
    0xE4: "™", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
_SYMBOL = _LETTERS | _SMALL | _MATHS
_TICKS = {0xA8: "☐", 0x6F: "☐", 0xFE: "☒", 0xFD: "☒", 0xFC: "✓", 0xFB: "✗", 0xE0: "→", 0xDF: "←"}
_TICKS_2 = {0xA3: "☐", 0x2A: "☐", 0x52: "☒", 0x53: "☒", 0x54: "☒", 0x50: "✓", 0x4F: "✗"}
_BULLETS = (0xB7, 0xA7, 0xD8)  # which Word uses for lists, in any font


def symbol_font_character(sign: str, font: str) -> str:
    """Return the character that a font shows for a private-use code, or U+FFFD if unknown."""
    code, name = ord(sign) - 0xF000, font.replace(" ", "").replace("-", "").lower()
    if "wingdings" in name:
        ticks = _TICKS_2 if "wingdings2" in name else _TICKS
        return ticks.get(code, "•") if 0x20 <= code <= 0xFF else UNKNOWN_CHARACTER
    if "symbol" in name:
        return _SYMBOL.get(code, chr(code) if 0x20 <= code <= 0x7D else UNKNOWN_CHARACTER)
    return "•" if code in _BULLETS else UNKNOWN_CHARACTER
