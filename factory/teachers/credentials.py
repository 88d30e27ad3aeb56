"""Read API keys from the environment, their only source."""

import os

from factory.core.errors import UserMistake


def api_key(variable: str, needed_by: str = "") -> str:
    """Return the key in an environment variable, empty if it is not set.

    Raises UserMistake if it is needed but missing, or if it is unusable.
    """
    key = os.environ.get(variable, "").strip()
    if needed_by and not key:
        raise UserMistake(
            f"{needed_by} needs a key; set the environment variable {variable} to yours"
        )
    return checked_key(key, variable) if key else ""


def checked_key(given: str, variable: str) -> str:
    """Return the key if a header can hold it. Raises UserMistake, without showing the key."""
    key = given.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise UserMistake(
            f"{variable} holds no usable key; set it to the key that the provider gave you, "
            "without quotes or line breaks"
        )
    return key
