"""Build teachers from a recipe's settings."""

from collections.abc import Callable
from pathlib import Path

from factory.core.records import digest
from factory.core.settings import TeacherSettings
from factory.models.files import find_known_model, resolve_gguf
from factory.teachers import Teacher


def teacher_of(settings: TeacherSettings, home: Path, say: Callable[[str], None]) -> Teacher:
    """Build a teacher; its key, server or model file is not looked for before the first request."""
    provider, _, name = settings.model.partition("/")
    if provider == "local":
        from factory.teachers.llama_cpp import LlamaCppTeacher

        model = find_known_model(name)
        identity = settings.identity or (model.sha256 if model else digest("gguf", Path(name).name))
        return LlamaCppTeacher(
            lambda: resolve_gguf(name, home, say), identity, settings.context, settings.temperature
        )
    # Imported here: a provider's types take seconds, for which only its users must wait.
    from factory.teachers.remote import RemoteTeacher

    sampling: dict[str, object] = {"temperature": settings.temperature}
    if settings.reasoning:
        sampling["reasoning"] = settings.reasoning
    if provider == "anthropic":
        from factory.teachers.anthropic_messages import AnthropicDialect

        messages = AnthropicDialect(
            name, settings.base_url, sampling, settings.structured == "text"
        )
        return RemoteTeacher(messages, settings.identity or name, sampling, say=say)
    from factory.teachers.openai_chat import OpenAIDialect

    structured = "strict" if provider == "openai" else settings.structured
    return RemoteTeacher(
        OpenAIDialect(name, settings.base_url, sampling, structured),
        settings.identity or name,
        sampling,
        say=say,
    )
