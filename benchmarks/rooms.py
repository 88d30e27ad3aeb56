"""The shape of the import graph: rooms (folders), floors (longest chain of imports), arrows, and imports that go round in a circle.

    python benchmarks/rooms.py [ROOT]

A room is a folder directly inside a package with everything below it, or a module that lies flat there; of the whole project, the rooms
of factory/, and filters/ and trainer/ as one room each. A circle is a set of rooms, or of single files, that import each other. Names:
public functions and classes that two or more modules define.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGES = ("factory", "filters", "trainer")
Graph = dict[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """Every module by its dotted name."""
    found = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in found}


def imports(root: Path) -> Graph:
    """For each module the modules of the project that it imports, inside functions too."""
    known = modules(root)
    graph: Graph = {name: set() for name in known}
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = [f"{node.module}.{alias.name}" for alias in node.names]
                graph[name] |= {one if one in known else node.module for one in named} & known.keys()
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & known.keys()
    return {name: found - {name} for name, found in graph.items()}


def _inside(graph: Graph, package: str) -> Graph:
    return {name: {one for one in found if one.startswith(package)} for name, found in graph.items() if name.startswith(package)}


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def rooms(graph: Mapping[str, Iterable[str]], outside: str = "") -> Graph:
    """The graph with its modules gathered by room; packages other than `outside`, if one is named, are a room each."""

    def place(module: str) -> str:
        package = module.split(".")[0]
        return package if outside and package != outside else room(module)

    found: Graph = defaultdict(set)
    for name, targets in graph.items():
        found[place(name)] |= {place(target) for target in targets} - {place(name)}
    return dict(found)


def circles(graph: Graph) -> list[set[str]]:
    """Sets of two or more nodes that can reach each other."""
    reach = {node: _reached(graph, node) for node in graph}
    found: list[set[str]] = []
    for node in graph:
        circle = {other for other in reach[node] if node in reach[other]} | {node}
        if len(circle) > 1 and circle not in found:
            found.append(circle)
    return found


def floors(graph: Graph) -> int:
    """The length of the longest chain of imports; each circle is one floor."""
    reach = {node: _reached(graph, node) for node in graph}
    height: dict[str, int] = {}

    def floor(node: str) -> int:
        if node not in height:
            below = [other for other in reach[node] if node not in reach[other]]
            height[node] = 1 + max((floor(other) for other in below), default=0)
        return height[node]

    return max(map(floor, graph), default=0)


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        new = graph.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def repeated_names(root: Path) -> dict[str, list[str]]:
    """Public names that two or more modules define."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, path in modules(root).items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(module)
    return {name: sorted(places) for name, places in sorted(found.items()) if len(places) > 1}


def main(root: Path) -> None:
    files = imports(root)
    for title, graph in (
        ("whole project", rooms(files, outside="factory")),
        *((f"inside {package}", rooms(_inside(files, package))) for package in PACKAGES),
    ):
        arrows = sum(map(len, graph.values()))
        print(f"{title}: {len(graph)} rooms, {floors(graph)} floors, {arrows} arrows, circles {[sorted(c) for c in circles(graph)]}")
    print(f"files: {len(files)}, circles {[sorted(c) for c in circles(files)]}")
    names = repeated_names(root)
    print(f"public names defined in two or more modules: {len(names)}")
    for name, places in names.items():
        print(f"  {name}: {', '.join(places)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
