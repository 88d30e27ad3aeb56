"""Old path of factory.core.records, kept for one release: files of custom tasks import it."""

from factory.core.records import Example, Verdict

__all__ = ["Example", "Verdict"]
