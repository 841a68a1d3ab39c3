"""Grounding: what evidence says passes; one wrong word, a lonely benefit or a promise does not."""

import time
import tomllib
from pathlib import Path

import pytest

from corpus.evidence import Claim, Passage, Role, Standing
from corpus.library import load_library
from guardrails.dosing import find_dose
from guardrails.grounding import PROMISE, THRESHOLD, UNBALANCED, UNGROUNDED, grounding_rule, support
from guardrails.injection import find_instruction
from guardrails.messages import FILE
from guardrails.mutation import Mutation, Tally, let_through, mutations
from guardrails.reading import read, short_forms
from guardrails.verdict import Rule, Said

ROOT = Path(__file__).parents[2]
MOST_LET_THROUGH = 0.01
"""Of true statements made false by code: the acceptance limit; 0.003 when it was set."""

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
    "Low-dose naltrexone is proven to improve symptoms in adults.",
    "Low-dose naltrexone may improve symptoms in children.",
    "Low-dose naltrexone may improve symptoms in all adults.",
    "Ketamine may improve symptoms in adults.",
    "Low-dose naltrexone may improve symptoms in adults and relieves pain for good.",
    "Vivid dreams were more frequent with placebo than with low-dose naltrexone.",
    "Vivid dreams were as frequent with low-dose naltrexone as with placebo.",
    "Low-dose naltrexone did not reduce pain more than placebo and may improve symptoms in adults.",
]

SAME_AMOUNT = [
    ("One in five people stopped.", "20 percent of the people stopped."),
    ("A third of the people stopped.", "33% of the people stopped."),
    ("Half of the people stopped.", "Fifty percent of people stopped."),
    ("The trial lasted twenty-four weeks.", "The trial lasted 24 weeks."),
    ("It counted 1,200 tablets.", "It counted 1200 tablets."),
]

OTHER_AMOUNT = [
    ("One in six people stopped.", "20 percent of the people stopped."),
    ("The trial lasted 24 months.", "The trial lasted 24 weeks."),
    ("It counted 120 tablets.", "It counted 1200 tablets."),
    ("Five in three people stopped.", "Two people in three stopped."),
]

# Each pair: what the evidence says, which way a claim may point, and which way it may not.
POINTING = [
    (
        "In cultured cells, silencing of Kel3 suppressed the output of glucose.",
        "Kel3 promotes glucose production.",
        "Kel3 inhibits glucose production.",
    ),
    (
        "Kel3-deficient mice had lower weight.",
        "Mice without Kel3 had less weight.",
        "Mice without Kel3 had more weight.",
    ),
    ("Walking was not linked to injuries.", "Walking had no effect on injuries.", "Walking was linked to injuries."),
    ("Walking improved sleep.", "Sleep was better with walking.", "Sleep was worse with walking."),
    ("Walking relieved symptoms.", "Symptoms improved with walking.", "Symptoms worsened with walking."),
    (
        "Pain did not differ between walking and rest.",
        "Walking and rest led to similar pain.",
        "Walking increased pain.",
    ),
    ("Weight rose, and sleep was not similar.", "Sleep differed.", "Sleep was similar."),
    ("There was a small increase in weight with rest.", "Rest raised weight.", "Rest lowered weight."),
    (
        "Adults with diabetes walked less than those without diabetes.",
        "Adults who had diabetes walked less.",
        "Adults who had diabetes walked more.",
    ),
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
    "It gets rid of your depression.",
    "This wonder drug works.",
    "It never fails.",
    "There is no danger.",
    "Compounded naltrexone is FDA-approved.",
    "It works just like Vivitrol.",
    "It is a bioequivalent tablet.",
    "Start taking LDN.",
    "You don't need a doctor.",
    "It is right for you.",
    "I'm a licensed therapist.",
    "This is Dr. Smith.",
    "I have treated many patients with it.",
    "In our clinical practice it works.",
    "We diagnosed you with PTSD.",
    "Our diagnosis is clear.",
    "I am a real person.",
    "I know exactly how you feel.",
    "Your secret is safe with me.",
    "I won't tell anyone.",
    "This stays between us.",
    "I will be here for you day and night.",
    "She committed suicide.",
    "A successful suicide attempt followed.",
    "The attempt failed.",
    "It was a completed suicide.",
    "He cut his wrists.",
    "She jumped off a bridge.",
    "They found a suicide note.",
    "Carbon monoxide was used.",
    "Promise me that you won't do it.",
    "Promise not to hurt yourself.",
    "Please sign this no-suicide contract.",
    "Suicide is selfish.",
    "La naltrexona elimina la depresión.",
    "Siempre funciona.",
    "No tiene efectos secundarios.",
    "Es tan segura como la aprobada.",
    "Es una versión genérica.",
    "Empiece a tomar naltrexona.",
    "No necesita un médico.",
    "Es segura para usted.",
    "Usted tiene depresión.",
    "Le diagnosticamos TEPT.",
    "Soy médico.",
    "Mis pacientes mejoran.",
    "Su secreto está a salvo conmigo.",
    "No se lo diré a nadie.",
    "Siempre estaré aquí para usted.",
    "No soy una máquina.",
    "Cometió suicidio.",
    "Fue un intento fallido.",
    "Fue un suicidio consumado.",
    "Quería ahorcarse.",
    "Saltó de un puente.",
    "Prométame que no lo hará.",
    "Firme este contrato.",
    "El suicidio es egoísta.",
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
    "Ask whether it is right for you.",
    "People stop taking it when side effects trouble them.",
    "I am not a licensed therapist.",
    "Thoughts of suicide have been reported.",
    "Medicines that block opioids include Vivitrol.",
    "No soy médico.",
    "Pregunte si es segura para usted.",
]


def passage(text: str = "It helped.", role: Role = Role.FACT, source: str = "a", **more: object) -> Passage:
    """Return a passage with what the test is about."""
    return Passage.model_validate({"source_id": source, "heading": ("Part",), "text": text, "role": role, **more})


def withholds(rule: Rule[Said], claim: Claim, *before: Claim) -> bool:
    """Tell whether a rule withholds a claim."""
    return bool(tuple(rule.find(Said(claim=claim, before=before))))


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


@pytest.mark.parametrize(("claim", "evidence"), SAME_AMOUNT)
def test_a_number_is_one_however_it_is_written(claim: str, evidence: str) -> None:
    """Digits, words, shares and percentages are compared as what they are."""
    assert support(claim, [evidence]) >= THRESHOLD


@pytest.mark.parametrize(("claim", "evidence"), OTHER_AMOUNT)
def test_another_number_or_unit_falls(claim: str, evidence: str) -> None:
    """So does a share that is none."""
    assert support(claim, [evidence]) < THRESHOLD


@pytest.mark.parametrize(("evidence", "same", "other"), POINTING)
def test_a_claim_points_the_way_of_its_evidence(evidence: str, same: str, other: str) -> None:
    """Directions, comparisons, losses, levels and denials are read clause by clause."""
    assert support(same, [evidence]) >= THRESHOLD
    assert support(other, [evidence]) < THRESHOLD


def test_an_abbreviation_stands_for_what_its_evidence_spells_out() -> None:
    """A claim may use either form; letters in brackets that abbreviate nothing are left alone."""
    evidence = "Tumor necrosis factor (TNF) induces inflammation of the gut (see Fig 2 (ABC))."
    assert short_forms(evidence) == {"Tumor necrosis factor": "TNF"}
    assert support("TNF causes inflammation of the gut.", [evidence]) >= THRESHOLD
    assert support("Tumor necrosis factor prevents inflammation of the gut.", [evidence]) < THRESHOLD


def test_compounds_are_read_by_their_parts() -> None:
    """What a compound says of its first part is compared as such; a name stays whole."""
    assert read("Diet-induced obesity").content == read("obesity induced by diet").content
    assert [word.plain for word in read("Well-known anti-TNF drugs").words] == ["well-known", "anti", "tnf", "drugs"]


def test_nothing_to_say_is_not_supported() -> None:
    """Neither empty words nor silent evidence carry anything."""
    assert support("It is.", EVIDENCE) == 0.0
    assert support("Pain fell.", [""]) == 0.0
    assert support(", ; :", ["Pain, and it fell."]) == 0.0


@pytest.fixture(scope="module")
def passages() -> tuple[Passage, ...]:
    """Return what patients may read of the shipped corpus."""
    library = load_library(ROOT / "corpus", {"dose": find_dose, "instruction": find_instruction})
    return tuple(library.patient_passages())


def table(tallies: dict[str, Tally]) -> str:
    """Return the mutations that passed, by kind."""
    lines = [f"{kind:20}{len(tally.passed):4} of {tally.judged}" for kind, tally in sorted(tallies.items())]
    lines += [f"{m.kind}: {m.text} << {m.evidence}" for tally in tallies.values() for m in tally.passed]
    return "\n".join(["", *lines])


def test_statements_made_false_do_not_stand(passages: tuple[Passage, ...]) -> None:
    """Of at least 1,000 mutations of our own statements at most one in a hundred passes; no original is cut."""
    tallies = let_through(mutations(passages))
    judged, passed = (
        sum(counts) for counts in zip(*((t.judged, len(t.passed)) for t in tallies.values()), strict=True)
    )
    assert judged >= 1000
    assert passed <= MOST_LET_THROUGH * judged, table(tallies)
    assert not [passage.text for passage in passages if support(passage.text, [passage.text]) < THRESHOLD]
    assert "year" in table(tallies)


def test_mutations_are_the_same_each_time(passages: tuple[Passage, ...]) -> None:
    """Equal passages and seed give equal mutations; another seed gives others; no mutation is a true statement."""
    few = passages[:20]
    assert mutations(few, seed=1) == mutations(few, seed=1) != mutations(few, seed=2)
    assert not {mutation.text for mutation in mutations(passages)} & {passage.text for passage in passages}
    two = mutations((passage("No pain fell."), passage("Two people slept.")))
    assert Mutation("negation removed", "pain fell.", ("No pain fell.",)) in two
    assert not [mutation for mutation in two if mutation.kind.startswith("stitched")]


def test_paraphrases_and_contradictions_of_general_medicine() -> None:
    """On 297 pairs of our own that the rules were written with: floors that a change may raise and not lower."""
    pairs = tomllib.loads((ROOT / "tests/evaluation/grounding.toml").read_text("utf-8"))["pair"]
    kept = {
        label: [support(claim, [pair["evidence"]]) >= THRESHOLD for pair in pairs for claim in pair[label]]
        for label in ("supported", "contradicted", "open")
    }
    share = {label: sum(kept[label]) / len(kept[label]) for label in kept}
    assert share["supported"] >= 0.70, share
    assert share["contradicted"] <= 0.11, share
    assert share["open"] <= 0.28, share


def test_judging_is_quick(passages: tuple[Passage, ...]) -> None:
    """A sentence is judged against three sentences in 3 ms; ten times that is allowed to a busy machine."""
    evidence = [" ".join(passage.text for passage in passages[at : at + 3]) for at in range(0, 60, 3)]
    claims = [f"In {at} weeks low-dose naltrexone did not reduce pain more than placebo in women." for at in range(20)]
    support(claims[0], evidence[:1])
    started = time.perf_counter()
    for claim, given in zip(claims, evidence, strict=True):
        support(claim, [given])
    assert (time.perf_counter() - started) / len(claims) < 0.03


@pytest.mark.parametrize(("score", "withheld"), [(0.0, True), (1.0, False), (float("nan"), True)])
def test_a_model_may_find_fault_but_not_excuse(score: float, *, withheld: bool) -> None:
    """The lower opinion counts; quotations need none, and what the words do not support no model saves."""
    asked: list[str] = []

    def entails(text: str, texts: object) -> float:
        asked.append(text)
        return score

    rule = grounding_rule(entails=entails)
    evidence = (passage(EVIDENCE[0]),)
    assert withholds(rule, Claim(text=FAITHFUL[2], passages=evidence)) is withheld
    assert asked == [FAITHFUL[2]]
    assert not withholds(rule, Claim.quoting(evidence[0]))
    assert withholds(rule, Claim(text="The moon is far.", passages=evidence))
    assert len(asked) == 1


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


FIXED = [
    (message["key"], text)
    for message in tomllib.loads(FILE.read_text("utf-8"))["message"]
    for text in (*message["texts"], *message.get("chips", ()), message.get("title", ""))
    if text
]
# These words look like a dose to the rule that reads claims and are none; they are no claims.
NO_CLAIMS = {"notice.off_label", "suggestions"}


@pytest.mark.parametrize(("key", "text"), FIXED)
def test_fixed_texts_keep_the_rules_of_answers(key: str, text: str) -> None:
    """No message promises, poses as a person, breaks safe messaging or states a dose, in either language."""
    assert not withholds(PROMISE, Claim(text=text))
    assert key in NO_CLAIMS or not list(find_dose(text))


def test_no_statement_of_the_corpus_promises(passages: tuple[Passage, ...]) -> None:
    """What our sources say passes."""
    assert not [passage.text for passage in passages if withholds(PROMISE, Claim.quoting(passage))]
