"""Production: what has to be settled before patients may meet the assistant (requirement A-18)."""

from collections.abc import Iterator

from assistant.generation import EXTRACTIVE
from assistant.settings import ClinicSettings, GeneratorSettings, ServerSettings, Settings, StaffSettings


def objections(settings: Settings, drafts: int) -> Iterator[str]:
    """Yield what is open, each with the setting that settles it; ``drafts`` is how many texts nobody has signed."""
    yield from _texts(settings.server, drafts)
    yield from _contacts(settings.clinic)
    yield from _keys(settings.server, settings.staff)
    yield from _agreements(settings.generator)
    if settings.log_level == "debug":
        yield "the log level is debug: set ASSISTANT_LOG_LEVEL to info or higher"


def _texts(server: ServerSettings, drafts: int) -> Iterator[str]:
    if drafts and not server.drafts_acknowledged:
        yield (
            f"{drafts} texts that patients read are drafts: have them signed (reviewed_by), or take responsibility "
            "with ASSISTANT_SERVER__DRAFTS_ACKNOWLEDGED=true"
        )


def _contacts(clinic: ClinicSettings) -> Iterator[str]:
    if not (clinic.phone or clinic.booking_url or clinic.contact_url):
        yield (
            "patients are given no way to the clinic: set ASSISTANT_CLINIC__PHONE, ASSISTANT_CLINIC__BOOKING_URL or "
            "ASSISTANT_CLINIC__CONTACT_URL"
        )


def _keys(server: ServerSettings, staff: StaffSettings) -> Iterator[str]:
    if server.secret is None:
        yield "each restart would end all conversations: set ASSISTANT_SERVER__SECRET"
    if staff.console and not staff.accounts:
        yield "the console has no accounts: set ASSISTANT_STAFF__ACCOUNTS, or ASSISTANT_STAFF__CONSOLE=false"
    if staff.console and staff.secret is None:
        yield "each restart would sign staff out: set ASSISTANT_STAFF__SECRET, or ASSISTANT_STAFF__CONSOLE=false"


def _agreements(generator: GeneratorSettings) -> Iterator[str]:
    provider, _, _ = generator.model.partition(":")
    if generator.model != EXTRACTIVE and provider not in generator.agreements:
        yield (
            f"patients' words would go to {provider} without a business associate agreement on file: sign one and add "
            f"{provider} to ASSISTANT_GENERATOR__AGREEMENTS, or set ASSISTANT_GENERATOR__MODEL={EXTRACTIVE}"
        )
