"""API keys come from the environment and from nowhere else."""

import os

from factory.core.errors import UserMistake


def api_key(variable: str, needed_by: str = "") -> str:
    """The key in an environment variable, empty where there is none. Raises UserMistake where it is needed or unusable."""
    key = os.environ.get(variable, "").strip()
    if needed_by and not key:
        raise UserMistake(f"{needed_by}: the environment variable {variable} is not set, must hold your key")
    return usable(key, variable) if key else ""


def usable(given: str, variable: str) -> str:
    """The key as a header can hold it; where it can't, the transport's error would show it. Raises UserMistake."""
    key = given.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise UserMistake(f"{variable} holds no usable key; set it to the key that the provider gave you, without quotes or line breaks")
    return key
