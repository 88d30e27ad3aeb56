"""Open an Office file as a zip of XML parts and their relations, within limits.

A file that can't be read raises Unreadable with a sentence for the user.
"""

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

MAX_ENTRIES = 20_000  # a deck of 500 slides with 10 pictures each has about 10,000
# Uncompressed, of a part read block by block: 100,000 rows of 10 cells take about 50 MB.
MAX_PART_BYTES = 256 << 20
# Of a part read as a whole, which takes about 10 times as much memory: the footnotes of 1,000
# pages take 5 MB.
MAX_TREE_BYTES = 48 << 20
MAX_READ_BYTES = 512 << 20  # of all parts that are read, which never include pictures
# compression ratio of a part over MIN_RATIO_BYTES: XML of similar rows reaches 100, zeros 1,000
MAX_RATIO = 400
MIN_RATIO_BYTES = 16 << 20
# of elements: documents reach about 60, and each takes up to three calls
MAX_XML_NESTING = 250
MAX_TREE_ELEMENTS = 1_000_000  # of a part read as a whole, about 250 bytes each in memory
MAX_BLOCK_ELEMENTS = 3_000_000  # of one block, such as a table of 30,000 rows of 10 cells
MAX_TEXT_CHARACTERS = 64 << 20  # of a document: merged cells repeat their text
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_OLD = {"docx": "doc", "xlsx": "xls", "pptx": "ppt"}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    EOFError,
    NotImplementedError,  # an unsupported compression
    UnicodeDecodeError,
    LookupError,  # an unknown encoding, a missing style
    ValueError,
    RecursionError,
)


class Package:
    """The parts of one file by name. A part's size is checked before it is decompressed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._read = 0
        self.seen: set[str] = set()  # parts that were opened or need not be
        self.unread: list[str] = []  # a phrase for each part whose text is left out

    @property
    def parts(self) -> dict[str, int]:
        """Return the name of every part with its size in bytes."""
        return {
            name: one.file_size
            for name, one in self._archive.NameToInfo.items()
            if not one.is_dir()
        }

    def __contains__(self, part: str) -> bool:
        return part in self._archive.NameToInfo

    @classmethod
    @contextmanager
    def opened(cls, path: Path, kind: str) -> Iterator[Self]:
        """Open a package of a `kind` (docx, pptx, xlsx).

        Raises Unreadable, also for anything broken that is found inside the `with` block.
        """
        try:
            with path.open("rb") as file:
                _refuse_others(file, kind)
                with zipfile.ZipFile(file) as archive:
                    if len(archive.infolist()) > MAX_ENTRIES:
                        raise Unreadable(
                            f"it holds {len(archive.infolist()):,} files inside, at most "
                            f"{MAX_ENTRIES:,} are allowed (a zip bomb?)"
                        )
                    yield cls(archive)
        except OSError as error:
            raise Unreadable(
                f"it can't be read: {error.strerror or 'the disk reports an error'}"
            ) from error
        except _BROKEN as error:
            raise Unreadable(
                f"it is a broken {kind.upper()} file; open it and save it again "
                f"({_describe(error)})"
            ) from error

    def main(self) -> str:
        """Return the name of the main part."""
        targets = [
            target for kind, target in self.relations("").values() if kind == "officeDocument"
        ]
        if not targets or targets[0] not in self:
            raise zipfile.BadZipFile("it has no main part")
        return targets[0]

    def tree(self, part: str) -> Element:
        """Parse a part as a whole."""
        with self._open(part, MAX_TREE_BYTES) as stream:
            root: Element | None = None
            depth = count = 0
            for event, element in ElementTree.iterparse(stream, ("start", "end")):
                if event == "end":
                    depth -= 1
                    continue
                root = element if root is None else root
                _strip_namespaces(element)
                depth, count = _check_depth(depth), count + 1
                if count > MAX_TREE_ELEMENTS:
                    raise Unreadable(
                        f"{part} holds over {MAX_TREE_ELEMENTS:,} elements, too many to read "
                        "at once; split the file"
                    )
        if root is None:
            raise EOFError
        return root

    def optional_tree(self, part: str) -> Element | None:
        """Parse an optional part; a broken one gives None and is noted in `unread`."""
        try:
            return self.tree(part) if part in self else None
        except _BROKEN as error:
            self.unread.append(f"{part} is broken ({_describe(error)})")
            return None

    def content(self, part: str) -> bytes:
        """Return a part that is not XML. Raises Unreadable if it is too large."""
        with self._open(part, MAX_TREE_BYTES) as stream:
            return stream.read()

    def blocks(self, part: str, *parents: str) -> Iterator[Element]:
        """Yield children of elements with these names; each is dropped from memory after use."""
        with self._open(part, MAX_PART_BYTES) as stream:
            opened: list[Element] = []
            count = 0
            for event, element in ElementTree.iterparse(stream, ("start", "end")):
                if event == "start":
                    _check_depth(len(opened))
                    opened.append(_strip_namespaces(element))
                    count += 1
                    if count > MAX_BLOCK_ELEMENTS:
                        raise Unreadable(
                            f"{part} holds a block of over {MAX_BLOCK_ELEMENTS:,} elements, "
                            "too many to read at once; split it"
                        )
                    continue
                opened.pop()
                if opened and opened[-1].tag in parents:
                    yield element
                    opened[-1].remove(element)
                    count = 0

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return each relation's kind (the last word of its type) and target part, by id.

        Relations that lead outside of the file are left out.
        """
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed not in self:
            return {}
        return {
            one.get("Id", ""): (
                one.get("Type", "").rsplit("/", 1)[-1],
                _target(folder, one.get("Target", "")),
            )
            for one in self.tree(listed)
            if one.get("TargetMode") != "External"
        }

    def _open(self, part: str, limit: int) -> IO[bytes]:
        """Open a part after checking its declared size.

        zipfile reads no more than is declared, and then finds the checksum wrong.
        """
        declared = self._archive.getinfo(part)
        self.seen.add(part)
        self._read += declared.file_size
        if declared.flag_bits & 1:
            raise Unreadable("it is encrypted; save it without a password")
        if declared.file_size > limit or self._read > MAX_READ_BYTES:
            raise Unreadable(
                f"it takes {self._read >> 20:,} MB when unpacked, which is too much to read "
                "(a zip bomb?); split it"
            )
        if declared.file_size > max(MIN_RATIO_BYTES, MAX_RATIO * declared.compress_size):
            raise Unreadable(
                f"{part} unpacks to more than {MAX_RATIO} times its size: it is a zip bomb"
            )
        with self._archive.open(declared) as stream:
            # the format forbids a DOCTYPE, which alone can declare entities
            if b"<!DOCTYPE" in stream.read(4096).replace(b"\0", b""):
                raise Unreadable(
                    f"{part} declares its own XML entities, which no office program writes; "
                    "open the file and save it again"
                )
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
        raise Unreadable(f"it is not a {kind.upper()} file, although its ending says so")


def _check_depth(depth: int) -> int:
    if depth >= MAX_XML_NESTING:
        raise RecursionError
    return depth + 1


def check_text_length(blocks: Iterable[str]) -> Iterator[str]:
    """Yield the same blocks. Raises Unreadable if they hold more text than any document."""
    length = 0
    for block in blocks:
        length += len(block)
        if length > MAX_TEXT_CHARACTERS:
            raise Unreadable(
                f"its text is longer than {MAX_TEXT_CHARACTERS >> 20} million characters; split it"
            )
        yield block


def _strip_namespaces(element: Element) -> Element:
    """Strip namespaces, each of which has two spellings (transitional, strict).

    Only those of relations are kept, as in `r:id`.
    """
    element.tag = element.tag.rpartition("}")[2]
    for name in [name for name in element.attrib if name.startswith("{")]:
        space, _, word = name.rpartition("}")
        element.set(
            f"r:{word}" if space.endswith("relationships") else word, element.attrib.pop(name)
        )
    return element


def _target(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")


def _describe(error: Exception) -> str:
    """Describe an error briefly."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return " ".join(str(error).split())[:120] or type(error).__name__
