"""Time and memory that large, ragged and hostile tables take: python benchmarks/tables.py. Each is read in a process of its own."""

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from factory.documents.formats import Unreadable  # noqa: E402
from factory.documents.formats.office.spreadsheets import read_csv  # noqa: E402

TABLES = {
    "one row of 300,000 cells above 300,000 short ones": lambda: (
        b"a,b\n" + b"x," * 300_000 + b"\n" + b"1,2\n" * 300_000
    ),
    "3,000 rows, each one cell longer than the last": lambda: b"".join(
        b"x," * n + b"\n" for n in range(3000)
    ),
    "990,000 rows of 5 cells": lambda: b"ab,cd,ef,gh,ij\n" * 990_000,
    "60,000,000 rows of 1 cell": lambda: b"a\n" * 60_000_000,
    "128,000,000 commas": lambda: b"," * 128_000_000,
    "a cell of 100 MB": lambda: b'id,text\n1,"' + b"word " * 20_000_000 + b'"\n',
    "300,001 quotes that are never closed": lambda: b'x,"\n' * 300_001,
}


def main() -> None:
    if len(sys.argv) == 1:
        for name in TABLES:
            subprocess.run([sys.executable, __file__, name], check=True)
        return
    with TemporaryDirectory() as home:
        path = Path(home) / "a.csv"
        path.write_bytes(TABLES[sys.argv[1]]())
        start = time.perf_counter()
        try:
            found = f"{len(read_csv(path).text):,} characters"
        except Unreadable as error:
            found = str(error)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(
            f"{sys.argv[1]}: {time.perf_counter() - start:.1f} s, {peak:,} MB at most: {found}",
            flush=True,
        )


if __name__ == "__main__":
    main()
