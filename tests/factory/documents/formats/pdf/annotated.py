"""Adds annotations to a PDF file."""

import ctypes
from pathlib import Path

import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument

Box = tuple[float, float, float, float]


def annotate(path: Path, kind: int, box: Box, contents: str = "", hidden: bool = False) -> None:
    """Add one annotation of a pdfium kind to the first page."""
    document = PdfDocument(path.read_bytes())
    page = document[0]
    annotation = pdfium.FPDFPage_CreateAnnot(page, kind)
    left, bottom, right, top = box
    pdfium.FPDFAnnot_SetRect(annotation, ctypes.byref(pdfium.FS_RECTF(left, top, right, bottom)))
    quad = pdfium.FS_QUADPOINTSF(left, top, right, top, left, bottom, right, bottom)
    pdfium.FPDFAnnot_AppendAttachmentPoints(annotation, ctypes.byref(quad))
    text = (contents + "\0").encode("utf-16-le")
    pdfium.FPDFAnnot_SetStringValue(
        annotation, b"Contents", (pdfium.FPDF_WCHAR * (len(text) // 2)).from_buffer_copy(text)
    )
    pdfium.FPDFAnnot_SetFlags(
        annotation, pdfium.FPDF_ANNOT_FLAG_HIDDEN if hidden else pdfium.FPDF_ANNOT_FLAG_PRINT
    )
    pdfium.FPDFPage_CloseAnnot(annotation)
    document.save(path)
