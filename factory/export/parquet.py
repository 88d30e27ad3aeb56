"""Export as a folder that `datasets.load_dataset` reads: one Parquet file a split, messages and flat meta, and a dataset card."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.export.card import card
from factory.review.effects import rows_of

SPLITS = {"train": "train.jsonl", "validation": "val.jsonl", "test": "test.jsonl", "shift": "test_shift.jsonl", "unseen": "unseen.jsonl"}
ROWS = 5_000  # held at once
SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("text", pa.string()), ("field", pa.string())])
SCHEMA = pa.schema(
    [
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        *((name, pa.string()) for name in ("id", "task", "source", "document", "document_digest", "chunk_digest")),
        *((name, pa.int64()) for name in ("chunk_start", "chunk_end")),
        ("spans", pa.list_(SPAN)),
        *((name, pa.string()) for name in ("teacher", "prompt", "more")),
    ]
)
NAMED = ("id", "task", "source", "document", "chunk", "spans", "teacher", "prompt")


def parquet(run: Run, recipe: Recipe, folder: Path) -> str:
    """The call that loads it."""
    sizes: dict[str, int] = {}
    for split, name in SPLITS.items():
        path = folder / "data" / f"{split}.parquet"
        path.unlink(missing_ok=True)
        if run.has(name) and (rows := rows_of(run, name)):
            path.parent.mkdir(exist_ok=True)
            sizes[split] = len(rows)
            _write(path, rows)
    run.write("exports/parquet/README.md", card(run, recipe, sizes))
    return 'datasets.load_dataset("FOLDER")'


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with pq.ParquetWriter(path, SCHEMA) as file:
        waiting = iter(rows)
        while some := list(islice(waiting, ROWS)):
            file.write_table(pa.Table.from_pylist(list(map(flat, some)), SCHEMA))


def flat(row: Mapping[str, object]) -> dict[str, object]:
    """One row in columns; what meta holds beside the usual keys stands in `more`, as JSON."""
    meta = row["meta"]
    assert isinstance(meta, dict)
    document, chunk = meta["document"] or {}, meta["chunk"] or {}
    more = {key: value for key, value in meta.items() if key not in NAMED}
    return {
        "messages": [{key: m[key] for key in ("role", "content")} for m in _messages(row)],
        **{name: meta[name] for name in ("id", "task", "source", "teacher", "prompt")},
        "document": document.get("name"),
        "document_digest": document.get("digest"),
        **{f"chunk_{name}": chunk.get(name) for name in ("digest", "start", "end")},
        "spans": [{"field": "", **span} for span in meta["spans"]],
        "more": json.dumps(more, ensure_ascii=False) if more else "",
    }


def _messages(row: Mapping[str, object]) -> Iterator[dict[str, str]]:
    messages = row["messages"]
    assert isinstance(messages, list)
    yield from messages
