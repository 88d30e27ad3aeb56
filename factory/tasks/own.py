"""Old path of factory.tasks.custom, kept for one release: files of custom tasks import it."""

from factory.tasks.custom import Own

__all__ = ["Own"]
