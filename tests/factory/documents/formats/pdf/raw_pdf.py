"""Write a PDF file object by object, for content that no library writes."""

from collections.abc import Mapping, Sequence

TEXT = b"BT /F1 12 Tf 72 700 Td (Trams of the depot rest at night.) Tj ET "


def raw_pdf(objects: Sequence[bytes]) -> bytes:
    """Write the objects; the first is the catalogue, and object n is referred to as `n 0 R`."""
    file, places = b"%PDF-1.7\n", []
    for number, written in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        file
        + head
        + table
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, len(file))
    )


def stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)


def page(content: bytes, catalogue: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """Write a page with fonts F1 and F2 (object 6); `more` are objects from 7 on."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalogue,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        stream(content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return raw_pdf([*objects, *more])


def mapped(codes: Mapping[str, str], font: str = "Helvetica", title: str = "") -> bytes:
    """Write a page that ends in characters of font F2, which its map gives as UTF-16 text.

    `title`: the title of an outline, in UTF-16.
    """
    chars = "\n".join(f"<{ord(code):02X}> <{text}>" for code, text in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def 1 begincodespacerange "
        f"<00> <FF> endcodespacerange {len(codes)} beginbfchar\n{chars}\nendbfchar endcmap end end"
    )
    more = [
        b"<< /Type /Font /Subtype /Type1 /BaseFont /%b /ToUnicode 7 0 R /FirstChar 0 /LastChar 255 /Widths [%b] >>"
        % (font.encode(), b"600 " * 256),
        stream(cmap.encode()),
        b"<< /Type /Outlines /First 9 0 R /Last 9 0 R /Count 1 >>",
        b"<< /Title <FEFF%b> /Parent 8 0 R /Dest [3 0 R /Fit] >>" % title.encode(),
    ]
    shown = "".join(codes)
    content = TEXT + b"BT /F2 12 Tf 72 660 Td (%b) Tj ET" % shown.encode()
    return page(content, b"/Outlines 8 0 R" if title else b"", more)
