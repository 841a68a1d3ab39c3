"""Policy: every question and every claim is judged by all rules, and the gravest finding decides."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.evidence import Claim
from corpus.text import LANGUAGES
from guardrails import advice, crisis, dosing, grounding, injection, privacy, scope
from guardrails.likelihood import EVEN, Likelihoods
from guardrails.messages import Messages, MissingMessageError, Reply
from guardrails.parts import asks, parts
from guardrails.verdict import Action, Asked, Finding, Rule, Said, Span, T, Verdict

PRECEDENCE: Final = (
    "crisis",
    "emergency",
    "injection",
    "minor",
    "dosing_request",
    "off_topic",
    "personal_advice",
    "personal_data",
    "dose_stated",
    "promise",
    "ungrounded",
    "unbalanced",
)
"""Who decides among equally grave findings, whatever the order of the rules."""

PARTIAL: Final = frozenset({"dosing_request", "off_topic"})
"""The refusals that concern one part of a question and leave the rest answerable."""

MOST_LEFT_OUT: Final = 3
"""How many parts of a message, the likeliest first, are left out because the rest together is refused."""

UNCHECKED: Final = "[UNCHECKED]"
"""Stands for a text whose personal data could not be looked for."""

Classify = Callable[[str, Sequence[str]], Likelihoods]
"""Reads a message after those that the same visitor wrote before, oldest first."""


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules, and the texts for what they may decide; it cannot be built without those texts."""

    question_rules: Sequence[Rule[Asked]]
    claim_rules: Sequence[Rule[Said]]
    messages: Messages
    classify: Classify | None = None
    """Where it is absent or fails, the patterns decide alone."""

    def __post_init__(self) -> None:
        """Refuse to exist when a visitor could be refused without a word."""
        keys = dict.fromkeys(["broken", *(key for rule in self.question_rules for key in _keys(rule))])
        missing = [f"{key} ({lang})" for key in keys for lang in LANGUAGES if not self.messages.has(key, lang)]
        if missing:
            raise MissingMessageError(f"no text for {', '.join(missing)}")

    def check_question(self, text: str, history: Sequence[str] = ()) -> Verdict:
        """Return what all rules find in a question, given what the same visitor wrote before."""
        earlier = tuple(history)
        verdict = Verdict(findings=self._on_question(self._asked(text, earlier)), text=text)
        masked = _masked(text, verdict.findings)
        allowed = masked if verdict.allows else self._rest(masked, earlier, verdict)
        return verdict.model_copy(update={"text": masked, "allowed": allowed})

    def check_claim(self, claim: Claim, before: Sequence[Claim] = ()) -> Verdict:
        """Return what all rules find in a claim, given the claims of the same answer before it."""
        subject = Said(claim=claim, before=tuple(before))
        findings = _judged(self.claim_rules, subject, claim.text, Action.WITHHOLD)
        masked = _masked(claim.text, findings)
        verdict = Verdict(findings=findings, text=masked)
        return verdict.model_copy(update={"allowed": masked if verdict.allows else ""})

    def reply(self, verdict: Verdict, lang: str, turn: int = 0) -> Reply | None:
        """Return the fixed text for a question that may not pass; ``None`` when it may."""
        finding = verdict.gravest
        if finding is None or finding.action < Action.REFUSE:
            return None
        return self.messages.reply(_key(finding, verdict.findings), lang, turn)

    def help_above(self, verdict: Verdict, lang: str) -> Reply | None:
        """Return the help that stands above whatever is said to a message that may be a red flag; else ``None``."""
        flags = [found for found in verdict.findings if found.rule in crisis.RED_FLAGS and not found.broke]
        if not flags or verdict.action is Action.ESCALATE:
            return None
        kind = crisis.POSSIBLY if flags[0].rule == crisis.CRISIS.name else flags[0].labels[0]
        return self.messages.reply(f"{flags[0].rule}.{kind}", lang)

    def _on_question(self, asked: Asked) -> tuple[Finding, ...]:
        return _judged(self.question_rules, asked, asked.text, Action.REFUSE)

    def _asked(self, text: str, history: tuple[str, ...]) -> Asked:
        return Asked(text=text, history=history, likelihoods=self._likelihoods(text, history))

    def _likelihoods(self, text: str, history: tuple[str, ...]) -> Likelihoods | None:
        if self.classify is None or not text.strip() or (not history and scope.is_small_talk(text)):
            return None
        try:
            return self.classify(text, history)
        except Exception:  # noqa: BLE001 -- whatever a model dies of, the patterns judge without it
            return None

    def _rest(self, masked: str, history: tuple[str, ...], verdict: Verdict) -> str:
        """Return the parts of a refused question that may still be answered, or nothing."""
        refusing = [finding for finding in verdict.findings if finding.action > Action.CAUTION]
        if not all(finding.rule in PARTIAL and not finding.broke for finding in refusing):
            return ""
        return masked if verdict.is_in_doubt else self._harmless(masked, history, verdict)

    def _harmless(self, masked: str, history: tuple[str, ...], verdict: Verdict) -> str:
        """Return the parts of a question that ask something and are not refused, or nothing."""
        found = parts(masked)
        read = {part: self._asked(part, history) for part in found}
        kept = [part for part in found if self._passes(read[part])]
        for _ in range(MOST_LEFT_OUT):
            if len(kept) == len(found):
                # No part is refused by itself. One that the classifier half heard is left out; without such, what is
                # refused stands between the parts, and none may pass.
                likeliest = max(kept, key=lambda part: _likelihood(read[part], verdict.rule))
                if _likelihood(read[likeliest], verdict.rule) < EVEN:
                    return ""
                kept.remove(likeliest)
            asking = [part for part in kept if asks(part)]
            if not asking:
                return ""
            # What stands before a question may say what it is about; what stands after the last one asks nothing.
            led = kept[: len(kept) - kept[::-1].index(asking[-1])]
            # Apart, so that no question runs into the next one where a number in a list was taken out.
            rests = ("\n\n".join(led), "\n\n".join(asking))
            if rest := next((rest for rest in rests if self._passes(self._asked(rest, history))), ""):
                return rest
            found = tuple(kept)
        return ""

    def _passes(self, part: Asked) -> bool:
        """Tell whether a part of a message may be answered; red flags were looked for in the whole of it."""
        findings = self._on_question(part)
        return all(found.action <= Action.CAUTION or found.rule in crisis.RED_FLAGS for found in findings)


def default_policy(classify: Classify | None = None, entails: grounding.Entails | None = None) -> Policy:
    """Return the policy of the clinic: this list is the safety case."""
    return Policy(
        question_rules=(
            crisis.CRISIS,
            crisis.EMERGENCY,
            *crisis.POSSIBLE,
            injection.INJECTION,
            scope.MINOR,
            dosing.DOSING_REQUEST,
            scope.OFF_TOPIC,
            advice.PERSONAL_ADVICE,
            privacy.PERSONAL_DATA,
        ),
        claim_rules=(
            dosing.DOSE_STATED,
            grounding.PROMISE,
            grounding.grounding_rule(entails),
            grounding.UNBALANCED,
        ),
        messages=Messages.load(),
        classify=classify,
    )


def _likelihood(part: Asked, rule: str | None) -> float:
    """Return how likely a part of a message is what a rule refuses; 0 where nothing can tell."""
    return part.likelihoods.alone.get(rule or "", 0.0) if part.likelihoods else 0.0


def _judged(rules: Iterable[Rule[T]], subject: T, text: str, floor: Action) -> tuple[Finding, ...]:
    found = (_finding(rule, subject, text, floor) for rule in rules)
    return tuple(sorted((finding for finding in found if finding), key=_rank))


def _rank(finding: Finding) -> tuple[int, str]:
    place = PRECEDENCE.index(finding.rule) if finding.rule in PRECEDENCE else len(PRECEDENCE)
    return place, finding.rule


def _finding(rule: Rule[T], subject: T, text: str, floor: Action) -> Finding | None:
    try:
        spans = tuple(_within(span, text) for span in rule.find(subject))
    except Exception:  # noqa: BLE001 -- whatever a rule dies of, what it could not judge must not pass
        return Finding(rule=rule.name, action=max(rule.action, floor), broke=True)
    return Finding(rule=rule.name, action=rule.action, spans=spans) if spans else None


def _within(span: Span, text: str) -> Span:
    if not isinstance(span, Span):
        raise TypeError(f"a rule found {type(span).__name__}, not a span")
    if not 0 <= span.start <= span.end <= len(text):
        raise ValueError("a rule found a span outside the text")
    return span


def _masked(text: str, findings: Iterable[Finding]) -> str:
    """Return a text with personal data masked; nothing of it when the search for such data broke."""
    if any(finding.broke and finding.rule == "personal_data" for finding in findings):
        return UNCHECKED
    spans = [span for finding in findings if finding.action == Action.REDACT for span in finding.spans]
    pieces, end = [], 0
    for span in _merged(spans):
        pieces += [text[end : span.start], f"[{span.label or 'REDACTED'}]"]
        end = span.end
    return "".join([*pieces, text[end:]])


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return non-empty spans in order; those that overlap become one with the label of the first."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start == span.end:
            continue
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            span = Span(start=last.start, end=max(last.end, span.end), label=last.label)  # noqa: PLW2901
        merged.append(span)
    return merged


def _keys(rule: Rule[Asked]) -> tuple[str, ...]:
    """Return the messages that a question rule can lead to."""
    if rule.name == crisis.EMERGENCY.name:
        return tuple(f"{rule.name}.{label}" for label in (*crisis.EMERGENCIES, crisis.POSSIBLY))
    if rule.name == crisis.CRISIS.name:
        return (rule.name, crisis.NOW, f"{rule.name}.{crisis.POSSIBLY}")
    if rule.action >= Action.REFUSE:
        return (rule.name,)
    return (f"notice.{rule.name}",) if rule.action == Action.CAUTION else ()


def _key(finding: Finding, findings: Iterable[Finding]) -> str:
    if finding.broke:
        return "broken"
    if finding.rule == crisis.CRISIS.name and any(
        other.rule == crisis.EMERGENCY.name and not other.broke for other in findings
    ):
        return crisis.NOW
    if finding.rule == crisis.EMERGENCY.name and finding.labels:
        return f"{finding.rule}.{finding.labels[0]}"
    return finding.rule
