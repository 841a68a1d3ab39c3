"""A question is understood without a model: what it asks for, and of what."""

import pytest

from assistant.query import Aim, understand
from corpus.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()


@pytest.mark.parametrize(
    ("question", "aim", "conditions"),
    [
        ("Does LDN help with depression?", Aim.EFFECT, ("depression",)),
        ("Is there any evidence for PTSD?", Aim.EFFECT, ("ptsd",)),
        ("did it work for people with fibro", Aim.EFFECT, ("fibromyalgia",)),
        ("Which studies support this?", Aim.STUDIES, ()),
        ("Show me the research on anxiety", Aim.STUDIES, ("anxiety",)),
        ("What sources do you use for MS?", Aim.STUDIES, ("multiple-sclerosis",)),
        ("What are the side effects?", Aim.FACT, ()),
        ("What is depression?", Aim.FACT, ("depression",)),
        ("What do studies say about vivid dreams?", Aim.FACT, ()),
    ],
)
def test_aim_and_conditions(question: str, aim: Aim, conditions: tuple[str, ...]) -> None:
    """Effect, list and fact questions are told apart, and conditions found under the names patients use."""
    query = understand(question, "", VOCABULARY)
    assert (query.aim, query.conditions) == (aim, conditions)


@pytest.mark.parametrize(
    ("before", "question", "conditions"),
    [
        ("Does LDN help with depression?", "And for anxiety?", ("anxiety",)),
        ("Does LDN help with Crohn's disease?", "Is it safe?", ("crohns",)),
        ("Does LDN help with PTSD?", "How does naltrexone affect the liver of people in general?", ()),
    ],
)
def test_follow_ups_take_what_they_leave_out(before: str, question: str, conditions: tuple[str, ...]) -> None:
    """A short follow-up keeps the subject before it unless it names another; a full question stands alone."""
    query = understand(question, before, VOCABULARY)
    assert query.conditions == conditions
    assert query.text.endswith(question)
    if conditions == ("anxiety",):
        assert "depression" not in query.text.lower()
