"""Settings: what the operator may choose, read once from the environment and frozen.

Safety is not among them: rules, messages and the corpus are reviewed files, and no variable switches one off.
"""

import json
import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError as NotJsonError

from assistant.errors import SettingsError
from corpus.bibliography import RegistrySettings
from guardrails.dosing import find_dose

PREFIX = "ASSISTANT_"
NESTED = "__"
JSON_SETTING = "ASSISTANT_STAFF__ACCOUNTS"
"""The one setting that is written as JSON."""


def _without_dose(text: str) -> str:
    if find_dose(text):
        raise ValueError("must not read like an amount or a schedule of a medicine")
    return text


def _listed(value: object) -> object:
    """Read a list that was written as JSON or with commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise ValueError("must be a JSON list, or values with commas between them") from None
    return [part.strip() for part in value.split(",") if part.strip()]


def _origin(text: str) -> str:
    """Return an origin as browsers send it."""
    try:
        url = AnyHttpUrl(text)
    except ValidationError:
        raise ValueError("must be an origin such as https://www.clinic.example") from None
    if "*" in text or any((url.username, url.password, url.query, url.fragment)) or url.path not in {None, "/"}:
        raise ValueError("must be scheme, host and port alone, such as https://www.clinic.example")
    if url.scheme != "https" and url.host not in LOCAL_HOSTS:
        raise ValueError("must be https")
    usual = {"https": 443, "http": 80}[url.scheme]
    return f"{url.scheme}://{url.host}" + ("" if url.port == usual else f":{url.port}")


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("must be an address or a network such as 10.0.0.0/8") from None


LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_listed)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_listed)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
ShownText = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_without_dose)] | None


class Section(BaseModel):
    """A group of settings; unknown names in it are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Section):
    """Where the server listens, and to whom."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    session_idle_minutes: Annotated[float, Field(gt=0)] = 30
    """After how long without a question a conversation is forgotten."""
    origins: Origins = ()
    """The sites whose pages may embed the widget, besides this one."""
    secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Signs the tokens of conversations; made anew at each start when not set, which ends all conversations."""
    trusted_proxies: Networks = ()
    """Whose word on the visitor's address and scheme is taken (``X-Forwarded-For``, ``X-Forwarded-Proto``)."""
    metrics_from: Networks = ("127.0.0.0/8", "::1/128")
    """Who may read ``/metrics``."""
    answer_timeout_s: Annotated[float, Field(gt=0)] = 60
    """After how long an answer is closed with what it has."""
    production: bool = False
    """Whether to refuse to start while something is open that patients must not meet."""
    drafts_acknowledged: bool = False
    """Whether somebody takes responsibility for texts that nobody has signed."""


class LimitsSettings(Section):
    """How much may be asked; red flags are answered beyond every limit."""

    storage_url: str = "memory://"
    """Where requests are counted: this process's memory, or a ``redis://`` address that all processes share."""
    session_per_minute: Annotated[int, Field(gt=0)] = 12
    address_per_minute: Annotated[int, Field(gt=0)] = 30
    """A clinic's own network may be one address."""
    total_per_minute: Annotated[int, Field(gt=0)] = 300
    session_at_once: Annotated[int, Field(gt=0)] = 2
    address_at_once: Annotated[int, Field(gt=0)] = 6
    total_at_once: Annotated[int, Field(gt=0)] = 8
    """Answers that one process works on at the same time."""
    feedback_per_minute: Annotated[int, Field(gt=0)] = 10
    """Per address."""


class FeedbackSettings(Section):
    """What visitors say of answers."""

    keep_days: Annotated[int, Field(ge=1, le=3650)] = 90


class ClinicSettings(Section):
    """How patients reach the clinic. Nothing is invented: what is not set is not shown, and the doctor says so."""

    name: str = "Nervana Medical"
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ().-]{7,20}$")] | None = None
    booking_url: AnyHttpUrl | None = None
    contact_url: AnyHttpUrl | None = None
    hours: ShownText = None
    address: ShownText = None
    insurance: ShownText = None
    prices: ShownText = None
    telehealth: ShownText = None
    """What visitors are told word for word when they ask for it."""
    reports_to: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Who reads what visitors report; no visitor sees it."""


class StaffSettings(Section):
    """Who may use the console."""

    console: bool = True
    accounts: dict[str, str] = Field(default_factory=dict)
    """User name to argon2 hash; when empty, a one-time password is made and printed at each start."""
    secret: SecretStr | None = None
    """Signs session cookies; made anew at each start when not set, which ends all sessions."""
    session_hours: Annotated[float, Field(gt=0, le=24)] = 8


class EmbeddingsSettings(Section):
    """Which sentence embeddings to search with."""

    path: Path | None = None
    """A folder in sentence-transformers' form; the pinned package's weights when not set."""


class GeneratorSettings(Section):
    """Who words the answers."""

    model: str = "extractive"
    """``extractive`` quotes verified statements; ``provider:name`` asks that chat model through LangChain."""
    timeout_s: Annotated[float, Field(gt=0)] = 30
    agreements: Names = ()
    """Providers with whom the clinic has a business associate agreement on file, such as ``anthropic``."""


class GroundingSettings(Section):
    """A second opinion on what a passage carries."""

    entailment_path: Path | None = None
    """The folder of a cross-encoder for natural language inference; it may only withhold more. None is shipped."""


class RegistriesSettings(RegistrySettings, Section):
    """How ``verify`` asks Crossref and PubMed."""


class Settings(BaseSettings):
    """All settings, by group. The environment wins over ``.env``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        env_file=".env",
        frozen=True,
        # `.env` may hold other programs' names; ours were compared one by one before.
        extra="ignore",
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Path("data")
    """Where the index and all records live."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    server: ServerSettings = ServerSettings()
    limits: LimitsSettings = LimitsSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    clinic: ClinicSettings = ClinicSettings()
    staff: StaffSettings = StaffSettings()
    embeddings: EmbeddingsSettings = EmbeddingsSettings()
    generator: GeneratorSettings = GeneratorSettings()
    grounding: GroundingSettings = GroundingSettings()
    registries: RegistriesSettings = RegistriesSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, the environment and ``.env``, in this order; secret files are not used."""
        del settings_cls, file_secret_settings
        return init_settings, env_settings, dotenv_settings


def read_settings(environ: Mapping[str, str] = os.environ, *, env_file: Path | None = Path(".env")) -> Settings:
    """Return the settings in force.

    Raises:
        SettingsError: a name that starts with ``ASSISTANT_`` is not a setting, or a value is not usable.
    """
    from_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars if env_file else {}
    known = set(_names(Settings))
    unknown = [name for name in (*environ, *map(str.upper, from_file)) if name.startswith(PREFIX) and name not in known]
    if unknown:
        raise SettingsError(f"unknown setting: {', '.join(sorted(set(unknown)))}")
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError("; ".join(_complaints(error))) from None
    except NotJsonError:
        raise SettingsError(f"{JSON_SETTING} is not a JSON object") from None


def _names(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}".upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _names(field.annotation, f"{prefix}{name}{NESTED}")


def _complaints(error: ValidationError) -> Iterator[str]:
    """Yield one line per fault; the value itself may be a secret and stays out."""
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = PREFIX + NESTED.join(str(part) for part in fault["loc"]).upper()
        yield f"{name}: {fault['msg']}"
