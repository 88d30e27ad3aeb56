"""Export a folder for `datasets.load_dataset`: one Parquet file per split and a dataset card."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.export.card import dataset_card
from factory.review.effects import rows_not_rejected

PARQUET_FILES = {
    "train": "train.jsonl",
    "validation": "val.jsonl",
    "test": "test.jsonl",
    "shift": "test_shift.jsonl",
    "unseen": "unseen.jsonl",
}
ROWS_PER_BATCH = 5_000  # rows in memory at once
SPAN = pa.struct(
    [("start", pa.int64()), ("end", pa.int64()), ("text", pa.string()), ("field", pa.string())]
)
SCHEMA = pa.schema(
    [
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        *(
            (name, pa.string())
            for name in ("id", "task", "source", "document", "document_digest", "chunk_digest")
        ),
        *((name, pa.int64()) for name in ("chunk_start", "chunk_end")),
        ("spans", pa.list_(SPAN)),
        *((name, pa.string()) for name in ("teacher", "prompt", "more")),
    ]
)
META_COLUMNS = ("id", "task", "source", "document", "chunk", "spans", "teacher", "prompt")


def parquet(run: Run, recipe: Recipe, folder: Path) -> str:
    """Write the export and return the call that loads it."""
    sizes: dict[str, int] = {}
    for split, name in PARQUET_FILES.items():
        path = folder / "data" / f"{split}.parquet"
        path.unlink(missing_ok=True)
        if run.has(name) and (rows := rows_not_rejected(run, name)):
            path.parent.mkdir(exist_ok=True)
            sizes[split] = len(rows)
            _write(path, rows)
    run.write("exports/parquet/README.md", dataset_card(run, recipe, sizes))
    return 'datasets.load_dataset("FOLDER")'


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with pq.ParquetWriter(path, SCHEMA) as file:
        waiting = iter(rows)
        while some := list(islice(waiting, ROWS_PER_BATCH)):
            file.write_table(pa.Table.from_pylist(list(map(flat_row, some)), SCHEMA))


def flat_row(row: Mapping[str, object]) -> dict[str, object]:
    """Flatten a row into columns; other keys of its meta go into `more` as JSON."""
    meta = row["meta"]
    assert isinstance(meta, dict)
    document, chunk = meta["document"] or {}, meta["chunk"] or {}
    more = {key: value for key, value in meta.items() if key not in META_COLUMNS}
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
