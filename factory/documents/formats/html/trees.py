"""Query and prune the element tree of a web page."""

from collections.abc import Iterable

from selectolax.lexbor import LexborNode


def count_words_below(root: LexborNode) -> dict[int, int]:
    """Return the number of words below each element, by its `mem_id`, counted in one pass."""
    found: dict[int, int] = {}
    order: list[tuple[int, int]] = []
    for node in root.traverse(include_text=True):
        parent = node.parent
        above = 0 if parent is None else parent.mem_id
        if node.tag == "-text":
            found[above] = found.get(above, 0) + len((node.text_content or "").split())
        else:
            order.append((node.mem_id, above))
    for place, above in reversed(order[1:]):
        if place in found:
            found[above] = found.get(above, 0) + found[place]
    return found


def outermost(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """Return the elements that are not inside another of them, each once."""
    chosen = {node.mem_id: node for node in nodes}
    inside: dict[int, bool] = {}  # whether an element is a chosen one or inside one
    return [node for node in chosen.values() if not _is_inside(node, chosen, inside)]


def remove_elements(nodes: Iterable[LexborNode]) -> None:
    for node in outermost(nodes):
        node.decompose()


def _is_inside(node: LexborNode, chosen: dict[int, LexborNode], inside: dict[int, bool]) -> bool:
    way: list[int] = []
    parent = node.parent
    found = False
    while parent is not None and not found:
        key = parent.mem_id
        if key in inside:
            found = inside[key]
            break
        way.append(key)
        found = key in chosen
        parent = parent.parent
    inside.update(dict.fromkeys(way, found))
    return found


def ancestors(node: LexborNode, most: int = 2000) -> Iterable[LexborNode]:
    """Yield the ancestors of an element, innermost first."""
    parent = node.parent
    while parent is not None and most:
        yield parent
        parent, most = parent.parent, most - 1


def class_and_id(node: LexborNode) -> str:
    """Return an element's class and id in one string."""
    given = node.attributes
    return f"{given.get('class') or ''} {given.get('id') or ''}"
