"""A message is understood without a model: what it asks for, of what, and what it leans on."""

import pytest

from assistant.query import Aim
from assistant.reader import Reader
from corpus.evidence import Topic


@pytest.mark.parametrize(
    ("question", "aim", "conditions"),
    [
        ("Does LDN help with depression?", Aim.EFFECT, ("depression",)),
        ("Is there any evidence for PTSD?", Aim.EFFECT, ("ptsd",)),
        ("did it work for people with fibro", Aim.EFFECT, ("fibromyalgia",)),
        ("Should I ask for it for my anxiety?", Aim.EFFECT, ("anxiety",)),
        ("Which studies support this?", Aim.STUDIES, ()),
        ("Show me the research on anxiety", Aim.STUDIES, ("anxiety",)),
        ("What sources do you use for MS?", Aim.STUDIES, ("multiple-sclerosis",)),
        ("What are the side effects?", Aim.FACT, ()),
        ("What is depression?", Aim.FACT, ("depression",)),
        ("What do studies say about vivid dreams?", Aim.FACT, ()),
        ("sirve para la depresion", Aim.EFFECT, ("depression",)),
    ],
)
def test_aim_and_conditions(reader: Reader, question: str, aim: Aim, conditions: tuple[str, ...]) -> None:
    """Effect, list and fact questions are told apart, and conditions found under the names patients use."""
    (query,) = reader.read(question)
    assert (query.aim, query.conditions) == (aim, conditions)


@pytest.mark.parametrize(
    ("before", "question", "text"),
    [
        ("Does LDN help with depression?", "And for anxiety?", "Does LDN help with anxiety?"),
        ("Does LDN help with depression?", "ignore that, I meant Crohn's", "Does LDN help with Crohn's?"),
        ("Does LDN help depression and PTSD?", "what about fibro", "Does LDN help fibro?"),
        ("Does LDN interact with Zoloft?", "what about Paxil", "Does LDN interact with Paxil?"),
        ("¿El LDN ayuda con la depresión?", "¿y para la ansiedad?", "¿El LDN ayuda con la ansiedad?"),
    ],
)
def test_a_follow_up_takes_the_place_of_what_it_names(reader: Reader, before: str, question: str, text: str) -> None:
    """A short follow-up about another thing is the question before it, about that thing."""
    (query,) = reader.read(question, [before])
    assert query.text == text


@pytest.mark.parametrize(
    ("before", "question", "conditions"),
    [
        ("Does LDN help with Crohn's disease?", "How many people took part?", ("crohns",)),
        ("Does LDN help with PTSD?", "How does naltrexone affect the liver of people in general?", ()),
    ],
)
def test_a_follow_up_keeps_the_condition_unless_it_stands_alone(
    reader: Reader, before: str, question: str, conditions: tuple[str, ...]
) -> None:
    """What a follow-up leaves out it takes from the question before it; a full question takes nothing."""
    (query,) = reader.read(question, [before])
    assert query.conditions == conditions


def test_a_follow_up_stays_with_the_work_that_was_named(reader: Reader) -> None:
    """Who asks on about "it" after a named trial asks about that trial."""
    (query,) = reader.read("Were there side effects in it?", ["What was the Danish trial?"])
    assert query.works == ("due-bruun-2024",)


@pytest.mark.parametrize(
    ("question", "works"),
    [
        ("What did the Mischoulon study find?", ("mischoulon-2017",)),
        ("the 2009 pilot study by Younger", ("younger-2009",)),
        ("the trial from New Zealand", ("moloney-2026",)),
        ("¿y en el de Irán qué salió?", ("sharafaddinzadeh-2010",)),
        ("what happened in the study with 12 people", ("mischoulon-2017",)),
        ("Compare the 12-person depression study with the 37-person one", ("mischoulon-2017", "moloney-2026")),
        ("that trial of thirty-one women", ("younger-2013",)),
        ("A 2011 study said that depression did not get worse", ("mysels-2011",)),
        ("do the 2014 pain review and the Danish trial agree", ("due-bruun-2024", "younger-2014")),
        ("a 2017 study", ()),
        ("the study that ran until 2014", ()),
        ("a trial with 37 people", ()),
        ("a trial with 5,000 people", ()),
        ("Is my friend Younger than me?", ()),
        ("What is LDN?", ()),
    ],
)
def test_works_are_known_by_author_year_and_place(reader: Reader, question: str, works: tuple[str, ...]) -> None:
    """A study is named by its first author, by what people call it, or by its year where it is the only one."""
    (query,) = reader.read(question)
    assert query.works == works


def test_several_questions_are_answered_in_order(reader: Reader) -> None:
    """Each question of a message is a query of its own, and a greeting is none."""
    queries = reader.read("Hello! Does LDN help anxiety? What are the side effects? Is it approved?")
    assert [query.text for query in queries] == [
        "Does LDN help anxiety?",
        "What are the side effects?",
        "Is it approved?",
    ]


def test_a_story_is_reduced_to_its_question(reader: Reader) -> None:
    """Of a long story only the question is searched, with whom it is about and the condition it tells of."""
    story = (
        "My mother is 81 and has been low since dad died. We tried two antidepressants and she slept badly on both, "
        "and her depression did not lift. A neighbor swears by naltrexone, so I read a lot of pages last night. "
        "Is there any study?"
    )
    (query,) = reader.read(story)
    assert query.text == "Is there any study?"
    assert query.conditions == (Topic.DEPRESSION,)
    assert Topic.OLDER_PEOPLE in query.subjects


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("does it help anxity", "does it help anxiety"),
        ("chrons disease and naltrexon again", "crohn's disease and naltrexone again"),
        ("is ketamine better", "is ketamine better"),
        ("¿Qué recibieron los pacientes?", "¿Qué recibieron los pacientes?"),
        ("I take Adderall", "I take Adderall"),
        ("sideeffects of LDN withanxiety", "side effects of LDN with anxiety"),
        ("I take Lamictal and amitriptyline", "I take Lamictal and amitriptyline"),
    ],
)
def test_misspelt_words_of_ours_are_corrected_and_others_left(reader: Reader, written: str, read: str) -> None:
    """What no dictionary knows becomes the nearest word of our sources; other words, other medicines, stay."""
    assert reader.read(written)[0].text == read


def test_comparisons_are_seen(reader: Reader) -> None:
    """One thing beside another is a comparison; a thing that became better is none."""
    assert reader.read("Is LDN better than Prozac?")[0].compares
    assert not reader.read("Did people get better?")[0].compares


GULF_WAR = (
    "I was in the motor pool in '91 and my chart has said Gulf War Illness since 2003, with no sleep and bad joints. "
    "A friend gave me a sheet about naltrexone being tried on people with Gulf War illness. The last page was missing. "
    "Can you tell me what they found?"
)
PODCAST = (
    "so my friend swears by podcasts and one said LDN fixes every mood. we argued about it on the bus for an hour and "
    "my stop went by, which was my own fault and cost me dinner. can it help with anxiety?"
)


@pytest.mark.parametrize(
    ("story", "text", "works", "conditions"),
    [
        (GULF_WAR, "what they found", ("brewer-2018",), ()),
        (PODCAST, "can it help with anxiety?", (), ("anxiety",)),
    ],
)
def test_a_story_gives_its_question_what_it_leaves_out(
    reader: Reader, story: str, text: str, works: tuple[str, ...], conditions: tuple[str, ...]
) -> None:
    """A question takes its subject from the nearest sentence that names one, also where nobody wrote capitals."""
    (query,) = reader.read(story)
    assert text in query.text
    assert (query.works, query.conditions) == (works, conditions)


def test_what_a_question_denies_is_not_its_condition(reader: Reader) -> None:
    """What stands behind a "not" is what a question is not about."""
    (query,) = reader.read("Not PTSD, it's the fibromyalgia. Does LDN help?")
    assert query.conditions == (Topic.FIBROMYALGIA,)


def test_what_asks_for_a_nod_is_no_question_beside_others(reader: Reader) -> None:
    """A tag at the end of what is told does not stand for the question that follows."""
    told = (
        "One printout in our waiting room says it works for pain and the next one says it is no better than placebo. "
    )
    told += "They can't both be right, can they? Explain why the analyses in fibromyalgia disagree."
    (query,) = reader.read(told)
    assert query.text == "Explain why the analyses in fibromyalgia disagree."


def test_a_whole_question_is_no_follow_up(reader: Reader) -> None:
    """A question that names its own condition and asks for studies leans on nothing, whatever was asked before."""
    (query,) = reader.read("which studies are there on PTSD", ["Does LDN help with my mom's MS?"])
    assert (query.text, query.aim, query.conditions) == ("which studies are there on PTSD", Aim.STUDIES, ("ptsd",))


def test_what_only_opens_a_question_is_none(reader: Reader) -> None:
    """Nothing is asked by the mere request to be told."""
    (query,) = reader.read("So can you tell me. Does LDN help with PTSD?")
    assert query.text == "Does LDN help with PTSD?"


@pytest.mark.parametrize(
    ("question", "is_of_age"), [("Did it help him?", True), ("Is it true that inflammation causes depression?", False)]
)
def test_age_counts_where_the_question_is_of_somebody(reader: Reader, question: str, is_of_age: bool) -> None:  # noqa: FBT001
    """A story about a father of 72 makes a question about him one on older people, and not every other question."""
    (query,) = reader.read(f"My dad is 72 and takes something for depression. {question}")
    assert (Topic.OLDER_PEOPLE in query.subjects) is is_of_age


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("low dose naltrexone for crohn's disease", "Does LDN help with crohn's disease?"),
        ("If my CRP is high, does LDN help with depression?", "If my CRP is high, does LDN help with depression?"),
        ("naltrexone and methadone, is that dangerous?", "naltrexone and methadone is that dangerous?"),
    ],
)
def test_what_leads_to_a_question_stays_with_it(reader: Reader, message: str, text: str) -> None:
    """A bare condition is asked about in full; what was cut off before a question is no question and not lost."""
    assert [query.text for query in reader.read(message)] == [text]


def test_a_follow_up_says_which_work_it_is_about(reader: Reader) -> None:
    """Where the question before named a work, what is asked of it goes with its name."""
    (query,) = reader.read(
        "did they have a comparison group or no", ["What did the German report on dissociation find?"]
    )
    assert query.text == "did they have a comparison group or no (German report)"
    assert query.works == ("pape-2014",)


def test_a_thing_that_no_source_knows_borrows_no_condition(reader: Reader) -> None:
    """A story on depression with a question on alopecia is about alopecia."""
    story = (
        "I have had depression since college, on and off, and took pills for it in three towns and two marriages, and "
        "now I lose my hair in round spots on top of it all. Is there any evidence that LDN helps with alopecia?"
    )
    (query,) = reader.read(story)
    assert query.conditions == ()


@pytest.mark.parametrize(
    ("before", "question", "subjects"),
    [
        ("Does LDN help anxiety?", "same question for my son, he's 15", {"children"}),
        ("Does LDN help anxiety?", "what about older folks, my gran is 81", {"older-people"}),
        ("Does LDN help kids with depression?", "and older folks?", {"older-people"}),
    ],
)
def test_a_follow_up_on_other_people_keeps_the_question(
    reader: Reader, before: str, question: str, subjects: set[str]
) -> None:
    """Who only says for whom, by their age too, asks the question before again for these."""
    (query,) = reader.read(question, [before])
    assert set(query.subjects) == subjects
    assert query.conditions
    assert query.aim is Aim.EFFECT


@pytest.mark.parametrize(
    ("before", "question", "works"),
    [
        ("What did the New Zealand trial find?", "and the other trial?", ("mischoulon-2017",)),
        ("What did Younger find in 2013?", "now the one they done over in Spain", ("rodriguez-freire-innova",)),
    ],
)
def test_a_follow_up_on_another_work_keeps_the_question(
    reader: Reader, before: str, question: str, works: tuple[str, ...]
) -> None:
    """Who only names another work, or speaks of the other one of its kind, asks the same of that."""
    (query,) = reader.read(question, [before])
    assert query.works == works
    assert "find" in query.text


def test_a_follow_up_may_look_back_to_a_work_and_name_a_condition(reader: Reader) -> None:
    """What a trial did for the pain that it was about is asked of that trial, in Spanish too."""
    (query,) = reader.read("¿pero les quitó el dolor o no?", ["Hábleme del estudio de España"], "es")
    assert query.works == ("rodriguez-freire-innova",)


def test_a_childhood_long_ago_is_no_child(reader: Reader) -> None:
    """Who was hurt as a child asks about an adult."""
    (query,) = reader.read("I was abused as a child. Does LDN help with dissociation?")
    assert Topic.CHILDREN not in query.subjects


@pytest.mark.parametrize(
    ("message", "is_of_children"),
    [
        ("My wife snaps at the kids since she takes naltrexone. Could the medicine do that to a person?", False),
        ("I teach little kids and have fibromyalgia. Is LDN safe?", False),
        ("Is LDN safe for kids?", True),
        ("My nephew is fifteen. Would LDN be safe for him?", True),
        ("¿Qué se sabe de darla a mi sobrino de dieciséis años?", True),
    ],
)
def test_children_beside_the_matter_are_not_the_matter(reader: Reader, message: str, *, is_of_children: bool) -> None:
    """Whoever lives or works with children asks for somebody else, unless the question is about a child."""
    (query,) = reader.read(message, lang="es" if message.startswith("¿") else "en")
    assert (Topic.CHILDREN in query.subjects) is is_of_children


def test_a_question_that_may_stand_alone_is_read_both_ways(reader: Reader) -> None:
    """Where a reading finds no answer, the other is there: alone, or behind what was asked before."""
    (query,) = reader.read("which signs would one see?", ["Can naltrexone hurt the liver?"])
    readings = {query.text, query.otherwise.text if query.otherwise else ""}
    assert readings == {
        "which signs would one see?",
        "Can naltrexone hurt the liver? which signs would one see?",
    }


def test_what_may_not_be_answered_says_what_the_rest_is_about(reader: Reader) -> None:
    """The part of a message that is left takes its work from the part that was refused."""
    (query,) = reader.read("did it work", whole="how much did they use in the Danish trial and did it work")
    assert query.works == ("due-bruun-2024",)


def test_things_told_before_are_asked_of_each(reader: Reader) -> None:
    """What is asked of "each of the two" is asked of both conditions of the sentence before."""
    (query,) = reader.read(
        "I have a cousin with MS and an uncle with Crohn's. What did studies find for each of the two?"
    )
    assert set(query.conditions) == {"crohns", "multiple-sclerosis"}
    assert query.aim is Aim.EFFECT
