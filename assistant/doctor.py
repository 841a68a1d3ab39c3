"""Doctor: what of this installation works, what is missing, and what nobody has reviewed."""

from collections.abc import Iterator
from typing import Literal

from assistant import intents
from assistant.errors import AssistantError
from assistant.factory import CORPUS, Parts, assemble, count_drafts
from assistant.production import objections
from assistant.settings import ClinicSettings, Settings
from corpus.errors import CorpusError
from corpus.evidence import Value, Verification
from corpus.summary import read_questions, read_summaries
from guardrails.classifier import Weights


class Diagnosis(Value):
    """One thing that was looked at."""

    level: Literal["ok", "note", "fault"]
    """A fault stops answers; a note is for the clinic to decide."""
    what: str
    found: str


def diagnose(settings: Settings) -> tuple[Diagnosis, ...]:
    """Return what was found, faults included; a fault in one part does not hide the others."""
    try:
        parts = assemble(settings)
    except CorpusError as error:
        return tuple(Diagnosis(level="fault", what="corpus", found=str(problem)) for problem in error.problems)
    except AssistantError as error:
        return (Diagnosis(level="fault", what="parts", found=f"{error}. {error.hint}"),)
    return (*examine_corpus(parts), *examine(settings), *_production(settings, parts))


def examine(settings: Settings) -> tuple[Diagnosis, ...]:
    """Return what was found beside the corpus."""
    return (_guards(), *_contacts(settings.clinic), _accounts(settings))


def examine_corpus(parts: Parts) -> tuple[Diagnosis, ...]:
    """Return what was found of the corpus, its index and the texts, in parts that may be serving already."""
    return (*_corpus(parts), _index(parts), _intents(), *_texts(parts))


def _corpus(parts: Parts) -> Iterator[Diagnosis]:
    sources = parts.library.sources.values()
    yield Diagnosis(level="ok", what="corpus", found=f"{len(sources)} works, every check passed")
    for id_, why in parts.library.withdrawn.items():
        yield Diagnosis(level="note", what=f"withdrawn {id_}", found=why)
    unconfirmed = sum(source.provenance.verification is not Verification.CONFIRMED for source in sources)
    if unconfirmed:
        yield Diagnosis(
            level="note", what="verification", found=f"{unconfirmed} records were not compared with a registry"
        )


def _index(parts: Parts) -> Diagnosis:
    try:
        if parts.retriever.state != "ready":
            parts.retriever.warm()
    except AssistantError as error:
        return Diagnosis(level="fault", what="index", found=f"{error}. {error.hint}")
    return Diagnosis(level="ok", what="index", found=f"{len(parts.library.patient_passages())} passages, found whole")


def _guards() -> Diagnosis:
    from guardrails.training import fingerprint, load_examples  # noqa: PLC0415 - scikit-learn, for this alone

    examples = load_examples()
    if Weights.load().examples != fingerprint(examples):
        found = "the classifier was not learnt from the present examples: run `clinic-assistant train`"
        return Diagnosis(level="fault", what="guards", found=found)
    return Diagnosis(level="ok", what="guards", found=f"learnt from {len(examples)} examples")


def _intents() -> Diagnosis:
    lessons = [*read_questions(CORPUS)]
    if intents.Weights.load().learned_from == intents.fingerprint(lessons):
        return Diagnosis(level="ok", what="intents", found=f"learnt from {len(lessons)} questions")
    found = "not learnt from the present questions: new ones are found less well until `clinic-assistant learn` has run"
    return Diagnosis(level="note", what="intents", found=found)


def _contacts(clinic: ClinicSettings) -> Iterator[Diagnosis]:
    for name in ("phone", "booking_url", "contact_url", "hours"):
        if getattr(clinic, name) is None:
            found = f"not set (ASSISTANT_CLINIC__{name.upper()}): cards say “contact the clinic” without it"
            yield Diagnosis(level="note", what=f"clinic {name}", found=found)
    if clinic.reports_to is None:
        found = "nobody is named who reads what visitors report (ASSISTANT_CLINIC__REPORTS_TO)"
        yield Diagnosis(level="note", what="reports", found=found)


def _texts(parts: Parts) -> Iterator[Diagnosis]:
    for path in sorted((CORPUS / "summaries").glob("*.toml")):
        file = read_summaries(path)
        unsigned = [
            who for who, name in (("clinician", file.reviewed_by), ("translator", file.translated_by)) if not name
        ]
        if unsigned:
            found = f"{len(file.entries)} summaries are drafts: no {' and no '.join(unsigned)} signed them yet"
            yield Diagnosis(level="note", what=f"summaries {path.stem}", found=found)
    drafts = parts.messages.drafts()
    if drafts:
        yield Diagnosis(
            level="note", what="texts", found=f"{len(drafts)} fixed texts are drafts: nobody signed them yet"
        )


def _accounts(settings: Settings) -> Diagnosis:
    if settings.staff.accounts:
        return Diagnosis(level="ok", what="staff", found=f"{len(settings.staff.accounts)} accounts")
    return Diagnosis(level="note", what="staff", found="no account: each start prints a one-time password")


def _production(settings: Settings, parts: Parts) -> Iterator[Diagnosis]:
    for open_ in objections(settings, count_drafts(parts.messages)):
        yield Diagnosis(level="note", what="production", found=open_)
