"""Files of other trainers: settings as YAML, rows with their messages alone."""

import json
from collections.abc import Mapping

from factory.run import Run


def yaml(settings: Mapping[str, object]) -> str:
    """One key a line; a value in JSON is YAML as well (YAML 1.2, section 1.3)."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items())


def write_messages(run: Run, name: str, to: str) -> int:
    """The rows of a file of the run, without their meta; how many."""
    rows = run.lines(name)
    run.write_lines(to, ({"messages": row["messages"]} for row in rows))
    return len(rows)
