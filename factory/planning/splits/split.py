"""Decide which documents, or which sections of them, are trained on and which are held out, before
anything is generated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from factory.core.records import Chunk, Document, Split, digest
from factory.core.settings import SplitSettings
from factory.planning.splits.assignment import (
    Division,
    DocumentPart,
    Rule,
    SplitAssignment,
    SplitShare,
    VersionGroupStart,
)
from factory.planning.splits.clusters import Clusters, cluster_texts
from factory.planning.splits.shift_family import Cluster, choose_family, folder_of
from factory.planning.splits.units import DocumentUnits, Unit

FEW = 5  # clusters; of fewer, sections are divided
HALF = 0.5  # of the characters; where one cluster has more, too
LEFT = 3  # clusters, of which one may be held out
DRAWN_SPLITS: tuple[Split, ...] = ("test", "val")


@dataclass(frozen=True)
class SplitRequest:
    """The shares of the characters to hold out. `gold`, `trained`: names of documents that are
    always test or always trained.
    """

    settings: SplitSettings
    seed: int
    gold: frozenset[str]
    trained: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        return bool(self.settings.val or self.settings.test)


@dataclass(frozen=True)
class UnitClusters:
    """Units and their clusters."""

    units: Sequence[Unit]
    found: Clusters
    rule: Rule = "clusters"
    why: str = ""


def split_documents(
    documents: Sequence[Document],
    chunked: Callable[[Document], Sequence[Chunk]],
    wishes: SplitRequest,
) -> SplitAssignment:
    """Assign documents to splits. Near copies stay in one split, and the order of the documents
    does not matter.

    Clusters of documents are divided. If there are too few, or one is too large, its documents are
    divided by top-level sections, or by runs of chunks if they have none. Two splits of one
    document are then one chunk apart.
    """
    material = DocumentUnits(documents, chunked)
    laid = _laid(material, [material.whole(n) for n in range(len(material))])
    why = _unfit(material, laid)
    if why and wishes.any:
        laid = _cut(material, laid, wishes.gold | wishes.trained, why) or laid
    given, name = _assigned(material, laid, wishes)
    division = Division(
        rule=laid.rule,
        why=laid.why,
        versions=laid.found.versions,
        clusters=len(laid.found.clusters),
        largest=round(_largest(material, laid), 4),
        boilerplate_chunks=sum(map(len, laid.found.boilerplate)),
        shares=_shares(material, laid, given),
        family=name,
    )
    return _sides(material, laid, given, division)


def _laid(material: DocumentUnits, units: list[Unit]) -> UnitClusters:
    return UnitClusters(
        units, cluster_texts(material.texts(units), lambda place: material.pieces(units[place]))
    )


def _size(material: DocumentUnits, laid: UnitClusters, cluster: Sequence[int]) -> int:
    return sum(material.size(laid.units[place]) for place in cluster)


def _largest(material: DocumentUnits, laid: UnitClusters) -> float:
    sizes = [_size(material, laid, cluster) for cluster in laid.found.clusters]
    return max(sizes, default=0) / max(1, sum(sizes))


def _shares(
    material: DocumentUnits, laid: UnitClusters, given: Sequence[Split]
) -> dict[str, SplitShare]:
    found: dict[str, SplitShare] = {}
    for cluster in laid.found.clusters:
        had = found.get(given[cluster[0]], SplitShare())
        found[given[cluster[0]]] = SplitShare(
            clusters=had.clusters + 1, characters=had.characters + _size(material, laid, cluster)
        )
    return found


def _unfit(material: DocumentUnits, laid: UnitClusters) -> str:
    """Return in words why whole documents can't be divided; empty if they can."""
    if (count := len(laid.found.clusters)) < FEW:
        noun = "cluster" if count == 1 else "clusters"
        return f"the documents are {count} {noun} of what repeats, fewer than {FEW}"
    largest = _largest(material, laid)
    return (
        f"one cluster of documents that repeat each other holds {largest:.0%} of the text"
        if largest > HALF
        else ""
    )


def _cut(
    material: DocumentUnits, laid: UnitClusters, named: frozenset[str], why: str
) -> UnitClusters | None:
    """Cut documents that gold does not name: all of them if there are few clusters, otherwise those
    of the largest one.
    """
    largest = max(laid.found.clusters, key=lambda cluster: _size(material, laid, cluster))
    every = range(len(material)) if len(laid.found.clusters) < FEW else largest
    cut = {n for n in every if material.names[n] not in named}
    ways: tuple[tuple[Rule, Callable[[int], list[Unit]]], ...] = (
        ("sections", material.sections),
        ("stretches", material.stretches),
    )
    for rule, parts in ways:
        units = [
            unit
            for n in range(len(material))
            for unit in (parts(n) if n in cut else [material.whole(n)])
        ]
        if len(units) > len(material):
            found = _laid(material, units)
            if len(found.found.clusters) >= LEFT:
                still = _largest(material, found)
                left = f", but one cluster still holds {still:.0%}" if still > HALF else ""
                return replace(found, rule=rule, why=f"{why}: divided by {_named(rule)}{left}")
    return None


def _named(rule: str) -> str:
    return "top-level section" if rule == "sections" else "stretches of neighbouring chunks"


def _assigned(
    material: DocumentUnits, laid: UnitClusters, wishes: SplitRequest
) -> tuple[list[Split], str]:
    """Return the split of each unit, and the name of the family."""
    clusters = [_told(material, laid, places) for places in laid.found.clusters]
    given: dict[int, Split] = {
        n: "test" for n, c in enumerate(clusters) if not wishes.gold.isdisjoint(c.names)
    }
    given |= {
        n: "train"
        for n, c in enumerate(clusters)
        if n not in given and not wishes.trained.isdisjoint(c.names)
    }
    free = [n for n in range(len(clusters)) if n not in given]
    # A section of a document is not a family of its own.
    shift = wishes.settings.shift if laid.rule == "clusters" and wishes.any else 0.0
    places, name = choose_family([clusters[n] for n in free], shift, wishes.seed)
    given |= {free[place]: "shift" for place in places}
    given |= _drawn(clusters, given, wishes)
    sides: list[Split] = ["train"] * len(laid.units)
    for n, side in given.items():
        for place in laid.found.clusters[n]:
            sides[place] = side
    return sides, name


def _told(material: DocumentUnits, laid: UnitClusters, places: Sequence[int]) -> Cluster:
    units = [laid.units[place] for place in places]
    names = sorted({material.names[unit.document] for unit in units})

    def text() -> str:
        return "\n".join(piece for unit in units for piece in material.pieces(unit))

    key = min(f"{material.names[unit.document]} {unit.first}" for unit in units)
    return Cluster(names, key, sum(map(material.size, units)), text)


def _drawn(
    clusters: Sequence[Cluster], given: Mapping[int, Split], wishes: SplitRequest
) -> dict[int, Split]:
    """Choose which of the other clusters are held out: in an order by folder and seed, each split
    gets the next cluster when its share is due.

    So every folder that is large enough contributes. Each split gets at least one cluster, and
    something is left to train on.
    """
    order = sorted(
        (n for n in range(len(clusters)) if n not in given),
        key=lambda n: (folder_of(clusters[n].names[0]), digest(wishes.seed, clusters[n].key)),
    )
    if len(clusters) < LEFT or not order:
        return {}
    total, free = sum(c.size for c in clusters), sum(clusters[n].size for n in order)
    had = sum(clusters[n].size for n, side in given.items() if side == "test")
    wanted: dict[Split, float] = {
        "test": wishes.settings.test * total - had,
        "val": wishes.settings.val * total,
    }
    due: dict[Split, float] = dict.fromkeys(DRAWN_SPLITS, 0.0)
    drawn: dict[int, Split] = {}
    for n in order[: len(order) - 1]:
        due = {
            side: due[side] + max(0.0, wanted[side]) * clusters[n].size / free
            for side in DRAWN_SPLITS
        }
        side = max(DRAWN_SPLITS, key=lambda side: due[side])
        if due[side] >= clusters[n].size / 2:
            due[side] -= clusters[n].size
            drawn[n] = side
    lacking = [
        s for s in DRAWN_SPLITS if wanted[s] > 0 and s not in (*given.values(), *drawn.values())
    ]
    spare = sorted(
        (n for n in order if n not in drawn), key=lambda n: digest(wishes.seed, clusters[n].key)
    )[:-1]
    return drawn | dict(zip(spare, lacking, strict=False))


def _sides(
    material: DocumentUnits, laid: UnitClusters, given: Sequence[Split], division: Division
) -> SplitAssignment:
    """Return the splits by document, and by part if a document has several. Between two splits, one
    chunk is left out, a training chunk if possible.
    """
    whole: dict[str, Split] = {}
    parts: dict[str, list[DocumentPart]] = {}
    boilerplate: set[tuple[str, int]] = set()
    groups: dict[str, list[VersionGroupStart]] = {}
    gaps = 0
    for document, places in groupby(
        range(len(laid.units)), key=lambda place: laid.units[place].document
    ):
        own = list(places)
        name = material.digests[document]
        units = [laid.units[place] for place in own]
        boilerplate |= {
            (name, material.start(document, unit.first + n))
            for place, unit in zip(own, units, strict=True)
            for n in laid.found.boilerplate[place]
        }
        groups[name] = [
            VersionGroupStart(
                material.start(document, u.first) if u.first else 0, laid.found.group_of[p]
            )
            for p, u in zip(own, units, strict=True)
        ]
        sides = [
            side
            for place, unit in zip(own, units, strict=True)
            for side in [given[place]] * (unit.end - unit.first)
        ]
        if len(set(sides)) <= 1:
            whole[name] = given[own[0]]
            continue
        gapped = _gapped(sides)
        gaps += gapped.count(None)
        firsts = [0, *(n for n in range(1, len(gapped)) if gapped[n] != gapped[n - 1])]
        parts[name] = [
            DocumentPart(material.start(document, n) if n else 0, gapped[n]) for n in firsts
        ]
    return SplitAssignment(
        whole,
        parts,
        frozenset(boilerplate),
        division.model_copy(update={"gap_chunks": gaps}),
        groups,
    )


def _gapped(sides: Sequence[Split]) -> list[Split | None]:
    """Replace one chunk by None wherever two splits meet: a training chunk if one of them is train,
    otherwise the first chunk of the later split.
    """
    gapped: list[Split | None] = list(sides)
    for n in range(1, len(sides)):
        if sides[n] != sides[n - 1] and gapped[n - 1] is not None:
            gapped[n - 1 if sides[n - 1] == "train" else n] = None
    return gapped
