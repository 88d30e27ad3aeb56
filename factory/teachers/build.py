"""Build the teacher that a recipe names."""

from collections.abc import Callable
from pathlib import Path

from factory.core.records import digest
from factory.core.settings import TeacherSettings
from factory.models.files import gguf, known
from factory.teachers import Teacher


def teacher_of(settings: TeacherSettings, home: Path, say: Callable[[str], None]) -> Teacher:
    """The teacher that a recipe names; a key, a server or a model's file is looked for at the first request."""
    provider, _, name = settings.model.partition("/")
    if provider == "local":
        from factory.teachers.llama_cpp import Local

        model = known(name)
        identity = settings.identity or (model.sha256 if model else digest("gguf", Path(name).name))
        return Local(lambda: gguf(name, home, say), identity, settings.context, settings.temperature)
    # Here and not above: each provider's types take seconds to import, which `docstill report` and the other's users need not wait for.
    from factory.teachers.remote import Remote

    sampling: dict[str, object] = {"temperature": settings.temperature}
    if settings.reasoning:
        sampling["reasoning"] = settings.reasoning
    if provider == "anthropic":
        from factory.teachers.anthropic_messages import Messages

        messages = Messages(name, settings.base_url, sampling, settings.structured == "text")
        return Remote(messages, settings.identity or name, sampling, say=say)
    from factory.teachers.openai_chat import Chat

    structured = "strict" if provider == "openai" else settings.structured
    return Remote(Chat(name, settings.base_url, sampling, structured), settings.identity or name, sampling, say=say)
