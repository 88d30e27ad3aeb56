"""Check the address of a server before anything is sent there."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

# Not /models: some gateways' addresses end with it.
ENDPOINTS = ("/chat/completions", "/completions", "/messages", "/responses")
MOST_NAME, MOST_LABEL = 253, 63  # characters, RFC 1035
# An IPv6 address; urlsplit ignores text between it and the port.
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+(?:%[\w.~%-]+)?\](?::\d*)?")
_LABEL = re.compile(r"(?!-)[\w-]+(?<!-)")


def url_fault(url: str) -> str:
    """Return what is wrong with a base_url, as the end of a sentence; empty if nothing is.

    It never shows a password.
    """
    if "@" in url:
        return "holds a user or password; remove it, since keys come from the environment"
    if url != url.strip() or not url.isprintable() or " " in url or "\\" in url:
        return "holds a space, backslash or control character; remove it"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return (
            "is not an address; expected one such as http://127.0.0.1:8000/v1, "
            "with a port from 1 to 65535"
        )
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        return "is not an address; expected one such as http://[::1]:8000/v1"
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if port == 0:
        return "has port 0, must be from 1 to 65535"
    if "#" in url:
        return "holds a #; remove it"
    if end := next((end for end in ENDPOINTS if parts.path.rstrip("/").endswith(end)), ""):
        return f"must end before {end}, which docstill adds itself"
    return "" if _is_host(host) else "names no host; expected one such as http://127.0.0.1:8000/v1"


def endpoint(base_url: str, path: str) -> str:
    """Return an endpoint's address; a query, such as Azure's ?api-version=…, stays at its end."""
    base, mark, query = base_url.partition("?")
    return f"{base.rstrip('/')}{path}{mark}{query}"


def without_query(url: str) -> str:
    """Return an address for messages: without its query, which may hold a key."""
    return url.partition("?")[0]


def _is_host(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        labels = host.removesuffix(".").split(".")
        try:
            # As the transport does; refuses empty and long labels.
            names = [label.encode("idna") for label in labels]
        except UnicodeError:
            return False
        whole = len(b".".join(names)) <= MOST_NAME
        numeric = labels[-1].isdigit()  # 999.1.1.1 is neither an address nor a name
        return (
            whole
            and not numeric
            and all(len(n) <= MOST_LABEL and _LABEL.fullmatch(n.decode()) for n in names)
        )
    return True
