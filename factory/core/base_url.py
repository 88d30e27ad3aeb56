"""Check the address of a server before anything is sent there."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

ENDPOINTS = ("/chat/completions", "/completions", "/messages", "/responses")  # not /models: some gateways' addresses end so
MOST_NAME, MOST_LABEL = 253, 63  # characters, RFC 1035
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+(?:%[\w.~%-]+)?\](?::\d*)?")  # an IPv6 address; urlsplit drops what stands between it and a port
_LABEL = re.compile(r"(?!-)[\w-]+(?<!-)")


def fault_of(url: str) -> str:
    """What is wrong with a base_url, as the end of a sentence that begins with it; empty where nothing is. Never shows a password."""
    if "@" in url:
        return "holds a user or password, must be without; keys come from the environment"
    if url != url.strip() or not url.isprintable() or " " in url or "\\" in url:
        return "holds a space or a control character, must be an address without"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "is no address, must be one such as http://127.0.0.1:8000/v1 with a port from 1 to 65535"
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        return "is no address, must be one such as http://[::1]:8000/v1"
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if port == 0:
        return "has port 0, must be from 1 to 65535"
    if "#" in url:
        return "holds #, must be without"
    if end := next((end for end in ENDPOINTS if parts.path.rstrip("/").endswith(end)), ""):
        return f"must end before {end}, which is added to it"
    return "" if _is_host(host) else "names no host, must be such as http://127.0.0.1:8000/v1"


def endpoint(base_url: str, path: str) -> str:
    """The address of one of a server's endpoints; a query, such as Azure's ?api-version=…, stays behind the path."""
    base, mark, query = base_url.partition("?")
    return f"{base.rstrip('/')}{path}{mark}{query}"


def shown(url: str) -> str:
    """An address as messages show it: without its query, which may hold a key."""
    return url.partition("?")[0]


def _is_host(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        labels = host.removesuffix(".").split(".")
        try:
            names = [label.encode("idna") for label in labels]  # as the transport will; refuses empty and long labels
        except UnicodeError:
            return False
        whole = len(b".".join(names)) <= MOST_NAME
        numeric = labels[-1].isdigit()  # 999.1.1.1 is neither an address nor a name
        return whole and not numeric and all(len(n) <= MOST_LABEL and _LABEL.fullmatch(n.decode()) for n in names)
    return True
