"""An Office file as the zip of XML that it is: its parts and their relations, within bounds, or the sentence why it can't be read."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from factory.documents.formats import Unreadable

ENTRIES = 20_000  # a deck of 500 slides with 10 pictures each has about 10,000
PART_BYTES = 256 << 20  # inflated, of a part that is read block by block: a sheet of 100,000 rows of 10 cells takes about 50 MB
TREE_BYTES = 48 << 20  # of a part that is read whole, about 10 times as much in memory: the footnotes of 1,000 pages take 5 MB
READ_BYTES = 512 << 20  # of all parts that are read; pictures never are
RATIO = 400  # times that a part over RATIO_FROM may inflate: XML of alike rows reaches 100, zeros 1,000
RATIO_FROM = 16 << 20
DEPTH = 250  # elements inside one another: documents reach about 60, and each takes up to three calls
TREE_ELEMENTS = 1_000_000  # of a part that is read whole, about 250 bytes each in memory
BLOCK_ELEMENTS = 3_000_000  # of one block, such as a table of 30,000 rows of 10 cells
MOST_TEXT = 64 << 20  # characters of a document: merged cells repeat theirs
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_OLD = {"docx": "doc", "xlsx": "xls", "pptx": "ppt"}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    EOFError,
    NotImplementedError,  # another compression
    UnicodeDecodeError,
    LookupError,  # an encoding that nobody knows, a style that is not there
    ValueError,
    RecursionError,
)


class Package:
    """The parts of one file by name; nothing is inflated before its size is known to be within the bounds."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._read = 0
        self.seen: set[str] = set()  # parts that were opened, or need not be
        self.unread: list[str] = []  # a phrase for each part whose text is left out

    @property
    def parts(self) -> dict[str, int]:
        """The name of every part with its size in bytes."""
        return {name: one.file_size for name, one in self._archive.NameToInfo.items() if not one.is_dir()}

    def __contains__(self, part: str) -> bool:
        return part in self._archive.NameToInfo

    @classmethod
    @contextmanager
    def opened(cls, path: Path, kind: str) -> Iterator[Self]:
        """The package of a `kind` (docx, pptx, xlsx). Raises Unreadable for it, and for whatever its reader finds broken inside."""
        try:
            with path.open("rb") as file:
                _refuse_others(file, kind)
                with zipfile.ZipFile(file) as archive:
                    if len(archive.infolist()) > ENTRIES:
                        raise Unreadable(f"it holds {len(archive.infolist()):,} files inside, at most {ENTRIES:,} are read (a zip bomb?)")
                    yield cls(archive)
        except OSError as error:
            raise Unreadable(f"it can't be read: {error.strerror or 'the disk gives an error'}") from error
        except _BROKEN as error:
            raise Unreadable(f"it is a broken {kind.upper()} file; open it and save it again ({_said(error)})") from error

    def main(self) -> str:
        """The name of the part that all else hangs on."""
        targets = [target for kind, target in self.relations("").values() if kind == "officeDocument"]
        if not targets or targets[0] not in self:
            raise zipfile.BadZipFile("it has no main part")
        return targets[0]

    def tree(self, part: str) -> Element:
        """A part as a whole."""
        with self._open(part, TREE_BYTES) as stream:
            root: Element | None = None
            depth = count = 0
            for event, element in ElementTree.iterparse(stream, ("start", "end")):
                if event == "end":
                    depth -= 1
                    continue
                root = element if root is None else root
                _local(element)
                depth, count = _deeper(depth), count + 1
                if count > TREE_ELEMENTS:
                    raise Unreadable(f"{part} holds over {TREE_ELEMENTS:,} elements, too many to read at once; split the file")
        if root is None:
            raise EOFError
        return root

    def side(self, part: str) -> Element | None:
        """A part without which the rest can be read: None where it is broken, which `unread` then says."""
        try:
            return self.tree(part) if part in self else None
        except _BROKEN as error:
            self.unread.append(f"{part} is broken ({_said(error)})")
            return None

    def content(self, part: str) -> bytes:
        """A part that is not XML. Raises Unreadable where it is too large."""
        with self._open(part, TREE_BYTES) as stream:
            return stream.read()

    def blocks(self, part: str, *parents: str) -> Iterator[Element]:
        """The children of the elements with one of these names, one after the other, each forgotten after it was seen."""
        with self._open(part, PART_BYTES) as stream:
            opened: list[Element] = []
            count = 0
            for event, element in ElementTree.iterparse(stream, ("start", "end")):
                if event == "start":
                    _deeper(len(opened))
                    opened.append(_local(element))
                    count += 1
                    if count > BLOCK_ELEMENTS:
                        raise Unreadable(f"{part} holds a block of over {BLOCK_ELEMENTS:,} elements, too many to read at once; split it")
                    continue
                opened.pop()
                if opened and opened[-1].tag in parents:
                    yield element
                    opened[-1].remove(element)
                    count = 0

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """By id: the kind of a relation (the last word of its type) and the name of the part it leads to; none that lead outside."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed not in self:
            return {}
        return {
            one.get("Id", ""): (one.get("Type", "").rsplit("/", 1)[-1], _target(folder, one.get("Target", "")))
            for one in self.tree(listed)
            if one.get("TargetMode") != "External"
        }

    def _open(self, part: str, limit: int) -> IO[bytes]:
        """A part's bytes. What it declares bounds what it gives: zipfile stops there, and then finds its checksum wrong."""
        declared = self._archive.getinfo(part)
        self.seen.add(part)
        self._read += declared.file_size
        if declared.flag_bits & 1:
            raise Unreadable("it is encrypted; save it without a password")
        if declared.file_size > limit or self._read > READ_BYTES:
            raise Unreadable(f"it would take {self._read >> 20:,} MB when unpacked, too much to read (a zip bomb?); split it")
        if declared.file_size > max(RATIO_FROM, RATIO * declared.compress_size):
            raise Unreadable(f"{part} unpacks to more than {RATIO} times its size: it is a zip bomb")
        with self._archive.open(declared) as stream:
            if b"<!DOCTYPE" in stream.read(4096).replace(b"\0", b""):  # the format forbids it; only it can declare entities
                raise Unreadable(f"{part} declares entities of its own, which no office program writes")
        return self._archive.open(declared)


def _refuse_others(file: IO[bytes], kind: str) -> None:
    head = file.read(4096)
    file.seek(0)
    if not head.strip(b"\0 \r\n\t"):
        raise Unreadable("it is empty")
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in file.read():
            raise Unreadable("it is encrypted; save it without a password")
        raise Unreadable(f"it is in the old binary format (.{_OLD[kind]}); save it as .{kind}")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<!doctype html", b"<html")):
        raise Unreadable(f"it is HTML, not {kind.upper()}; give it the ending .html")
    if head.startswith(b"%PDF"):
        raise Unreadable(f"it is PDF, not {kind.upper()}; give it the ending .pdf")
    if not head.startswith(b"PK"):
        raise Unreadable(f"it is no {kind.upper()} file, whatever its ending says")


def _deeper(depth: int) -> int:
    if depth >= DEPTH:
        raise RecursionError
    return depth + 1


def bounded(blocks: Iterable[str]) -> Iterator[str]:
    """The same blocks. Raises Unreadable where they are more text than any document is."""
    length = 0
    for block in blocks:
        length += len(block)
        if length > MOST_TEXT:
            raise Unreadable(f"its text is longer than {MOST_TEXT >> 20} million characters; split it")
        yield block


def _local(element: Element) -> Element:
    """Names without their namespaces, of which each has two spellings (transitional, strict); only a relation's stays apart, as `r:id`."""
    element.tag = element.tag.rpartition("}")[2]
    for name in [name for name in element.attrib if name.startswith("{")]:
        space, _, word = name.rpartition("}")
        element.set(f"r:{word}" if space.endswith("relationships") else word, element.attrib.pop(name))
    return element


def _target(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")


def _said(error: Exception) -> str:
    """What was found, in short."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return " ".join(str(error).split())[:120] or type(error).__name__
