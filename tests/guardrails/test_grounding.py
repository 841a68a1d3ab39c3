"""Grounding: what evidence says passes; one wrong word, a lonely benefit or a promise does not."""

import pytest

from corpus.evidence import Claim, Passage, Role, Standing
from guardrails.grounding import PROMISE, THRESHOLD, UNBALANCED, UNGROUNDED, support
from guardrails.verdict import Rule, Said

EVIDENCE = (
    "Low-dose naltrexone did not reduce pain more than placebo in 99 women.",
    "Low-dose naltrexone may improve symptoms in adults.",
    "Vivid dreams were more frequent with low-dose naltrexone than with placebo.",
    "Naltrexone tablets are approved for treating alcohol dependence.",
    "Thirty-seven people took part in the trial.",
)

FAITHFUL = [
    EVIDENCE[0],
    "Low-dose naltrexone did not reduce pain more than placebo in 99 women",
    "LDN did not lower pain more than placebo.",
    "LDN might improve symptoms in adults.",
    "Vivid dreams were more common with LDN than with placebo.",
    "37 people took part in the study.",
]

UNFAITHFUL = [
    "Low-dose naltrexone did not reduce pain more than placebo in 89 women.",
    "Low-dose naltrexone did reduce pain more than placebo in 99 women.",
    "Low-dose naltrexone improves symptoms in adults.",
    "Vivid dreams were less frequent with low-dose naltrexone than with placebo.",
    "Naltrexone tablets are not approved for treating alcohol dependence.",
    "Naltrexone tablets are approved for treating Fibromyalgia.",
    "Thirty-eight people took part in the trial.",
    "Low-dose naltrexone may worsen symptoms in adults.",
    "The clinic opens early.",
    "Acupuncture helps with headaches.",
]

PROMISES = [
    "LDN cures depression.",
    "It is a proven treatment.",
    "We guarantee that you feel better.",
    "It is completely safe.",
    "Compounded naltrexone is the same as the approved medicine.",
    "It is a generic of Vivitrol.",
    "You should take LDN.",
    "I recommend LDN.",
    "As your doctor, I understand.",
    "In my clinical experience it works.",
    "He committed suicide.",
    "It was a failed attempt.",
    "I'm always here for you.",
    "La naltrexona cura la depresión.",
    "Usted debe tomar naltrexona.",
    "Está comprobado que funciona.",
    "Como su médico, le ayudo.",
]

HONEST = [
    "There is no proven test and no proven treatment.",
    "Low-dose naltrexone is not a cure.",
    "It has not been proven to help.",
    "A compounded medicine is not the same as the approved medicine.",
    "You should talk to your provider.",
    "No study proves that it cures anything.",
    "The authors say that it was well tolerated.",
    "No es una cura para la depresión.",
    "People curious about it can ask.",
]


def passage(text: str = "It helped.", role: Role = Role.FACT, source: str = "a", **more: object) -> Passage:
    """Return a passage with what the test is about."""
    return Passage.model_validate({"source_id": source, "heading": ("Part",), "text": text, "role": role, **more})


def withholds(rule: Rule[Said], claim: Claim, *before: Claim) -> bool:
    """Tell whether a rule withholds a claim."""
    return any(True for _ in rule.find(Said(claim=claim, before=before)))


@pytest.mark.parametrize("text", FAITHFUL)
def test_supports_what_the_evidence_says(text: str) -> None:
    """A quotation or a faithful paraphrase reaches the threshold."""
    assert support(text, EVIDENCE) >= THRESHOLD


@pytest.mark.parametrize("text", UNFAITHFUL)
def test_does_not_support_a_changed_sentence(text: str) -> None:
    """A changed number, negation, direction, hedge, name or topic falls below the threshold."""
    assert support(text, EVIDENCE) < THRESHOLD


def test_a_quotation_is_fully_supported() -> None:
    """Word for word is 1, and nothing to compare with is 0."""
    assert support(EVIDENCE[3], [" ".join(EVIDENCE)]) == 1.0
    assert support("Anything.", []) == 0.0
    assert support("", EVIDENCE) == 0.0


def test_a_claim_without_passages_is_ungrounded() -> None:
    """Nothing is said without a passage."""
    assert withholds(UNGROUNDED, Claim(text="It helped."))
    assert not withholds(UNGROUNDED, Claim.quoting(passage()))
    assert withholds(UNGROUNDED, Claim(text="The moon is far.", passages=(passage(),)))


def test_a_benefit_never_stands_alone() -> None:
    """A benefit needs a limit, a risk or a lack of benefit on its topic or from its source, at once or before."""
    benefit = Claim.quoting(passage(role=Role.BENEFIT, topics=("pain",)))
    limit = Claim.quoting(passage("It was small.", Role.LIMIT, "b", topics=("pain",)))
    assert withholds(UNBALANCED, benefit)
    assert not withholds(UNBALANCED, benefit, limit)
    assert not withholds(UNBALANCED, benefit, Claim.quoting(passage("Nausea.", Role.RISK)))
    assert withholds(UNBALANCED, benefit, Claim.quoting(passage("Nausea.", Role.RISK, "c", topics=("anxiety",))))
    assert not withholds(UNBALANCED, limit)


@pytest.mark.parametrize("standing", [Standing.CONTRADICTED, Standing.UNSUPPORTED])
def test_what_the_audit_rejects_is_not_said(standing: Standing) -> None:
    """A contradicted or unsupported sentence of the article is withheld."""
    assert withholds(UNBALANCED, Claim.quoting(passage(standing=standing)))


def test_a_qualified_sentence_needs_its_qualifier() -> None:
    """A qualified sentence passes only beside a source that qualifies it."""
    qualified = Claim.quoting(passage(standing=Standing.QUALIFIED, qualified_by=("b",)))
    assert withholds(UNBALANCED, qualified)
    assert not withholds(UNBALANCED, qualified, Claim.quoting(passage("No difference.", source="b")))


@pytest.mark.parametrize("text", PROMISES)
def test_withholds_a_promise(text: str) -> None:
    """Cures, certainty, equivalence, orders, personas and unsafe words are withheld."""
    assert withholds(PROMISE, Claim(text=text))


@pytest.mark.parametrize("text", HONEST)
def test_lets_an_honest_sentence_pass(text: str) -> None:
    """A sentence that denies the promise is no promise."""
    assert not withholds(PROMISE, Claim(text=text))
