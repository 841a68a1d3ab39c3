"""Card: the model card and the safety protocol, written from the code and the data that run (requirement A-22)."""

from collections import Counter
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.factory import Parts
from assistant.gate import load_gate
from assistant.revision import Repository
from assistant.settings import Settings
from assistant.variants import REVIEWED
from corpus.audit import GRAVITY
from corpus.evidence import Audience, Value, Verification, digest
from corpus.text import LANGUAGES
from guardrails.classifier import Weights
from guardrails.policy import PARTIAL, PRECEDENCE, default_policy

RULES: Final[Mapping[str, str]] = {
    "crisis": "thoughts of suicide or self-harm, of the visitor or of somebody else",
    "emergency": "signs of an emergency, such as an overdose, a severe reaction or chest pain",
    "injection": "attempts to change what the assistant is or may say",
    "minor": "a visitor under 18",
    "dosing_request": "any question for an amount, a schedule, a change or a stop of a medicine",
    "off_topic": "what this assistant is not for",
    "personal_advice": "what somebody should do in their own case",
    "personal_data": "names, numbers and addresses of people",
    "dose_stated": "a sentence that states an amount or a schedule",
    "promise": "a sentence that promises an effect",
    "ungrounded": "a sentence that its cited passages do not carry",
    "unbalanced": "a benefit without what limits it",
}
"""What each rule looks for, in words for readers."""
PACKAGES: Final = Path(__file__).parent.parent
_PAGES: Final = Path(__file__).parent / "pages"
_SPECIAL: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|"})


class Versions(Value):
    """What runs, by names and checksums that change when it does."""

    program: str
    commit: str
    """Empty where there is no repository: an installed package is named by its version."""
    corpus: str
    policy: str
    """One checksum over the reviewed files of the rules."""
    prompt: str
    generator: str
    consent: str


def versions(parts: Parts, settings: Settings) -> Versions:
    """Return what runs at present."""
    try:
        program = version("clinic-assistant")
    except PackageNotFoundError:
        program = "not installed as a package"
    return Versions(
        program=program,
        commit=Repository(PACKAGES).commit,
        corpus=parts.library.fingerprint,
        policy=_checksum(PACKAGES / "guardrails", REVIEWED["guardrails"]),
        prompt=_checksum(PACKAGES / "assistant" / "prompts", ("answer.md",)),
        generator=settings.generator.model,
        consent=parts.messages.consent_version,
    )


def model_card(parts: Parts, settings: Settings, measured: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the model card as Markdown: what the assistant is for and not for, its data, rules and limits.

    ``measured`` tells by name what the last accepted run of the test set came to.
    """
    library = parts.library
    sources = library.patient_sources()
    return _render(
        "card.md",
        clinic=settings.clinic.name,
        versions=versions(parts, settings),
        kinds=Counter(source.kind.plain for source in sources),
        statements=len(library.patient_passages()),
        summaries=len(library.summaries),
        staff_only=sum(source.audience is Audience.STAFF for source in library.sources.values()),
        withdrawn=len(library.withdrawn),
        confirmed=sum(source.provenance.verification is Verification.CONFIRMED for source in sources),
        next_review=min((source.provenance.review_by for source in sources), default=None),
        standings={
            standing: sum(claim.standing is standing for audit in library.audits.values() for claim in audit.claims)
            for standing in GRAVITY
        },
        rules=_rules(),
        learnt=Weights.load().examples[:12],
        limits=_limits(),
        measured=measured,
    )


def safety_protocol(parts: Parts, settings: Settings) -> str:
    """Return the safety protocol as Markdown: what is done about what, in which order, in which words."""
    messages = parts.messages
    urgent = [key for key in messages.keys if key.partition(".")[0] in {"crisis", "emergency"}]
    return _render(
        "protocol.md",
        clinic=settings.clinic,
        versions=versions(parts, settings),
        rules=_rules(),
        precedence=PRECEDENCE,
        partial=sorted(PARTIAL),
        texts={key: {lang: messages.reply(key, lang) for lang in LANGUAGES} for key in urgent},
        drafts=messages.drafts(),
        keys=messages.keys,
        idle_minutes=settings.server.session_idle_minutes,
    )


def _rules() -> list[tuple[str, str, str, str]]:
    """Return name, subject, action and meaning of every rule, in the order of precedence."""
    policy = default_policy()
    rules = [(rule.name, "question", rule.action.name.lower()) for rule in policy.question_rules]
    rules += [(rule.name, "sentence", rule.action.name.lower()) for rule in policy.claim_rules]
    return [(*rule, RULES[rule[0]]) for rule in sorted(rules, key=lambda rule: PRECEDENCE.index(rule[0]))]


def _limits() -> Mapping[str, Mapping[str, float]]:
    """Return the least that a release must reach."""
    gate = load_gate()
    return {"answers": gate.evaluate.model_dump(), "attacks": gate.redteam.model_dump()}


def _checksum(folder: Path, names: tuple[str, ...]) -> str:
    files = [path for name in names for path in sorted((folder / name).glob("*")) or [folder / name]]
    return digest(*(part for path in files for part in (path.name, path.read_text(encoding="utf-8"))))


def _render(name: str, **values: object) -> str:
    pages = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=False,  # noqa: S701 - Markdown, whose special characters the filter `plain` escapes
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["plain"] = lambda text: " ".join(str(text).split()).translate(_SPECIAL)
    return pages.get_template(name).render(values).strip() + "\n"
