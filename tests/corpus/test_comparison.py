"""Comparison: the same work in other spellings is one, a neighbouring work is another."""

import pytest

from corpus.bibliography import RegistryName, RegistryRecord, Sought
from corpus.comparison import compare, same_author, same_container, same_title

LONG = "The use of low-dose naltrexone{} as a novel anti-inflammatory treatment for chronic pain"


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (LONG.format(""), LONG.format(" (LDN)"), True),
        (LONG.format(""), LONG.format("").upper() + ".", True),
        ("Efficacy of X: a randomised trial of tumour pain", "Efficacy of X: A Randomized Trial of Tumor Pain.", True),
        ("Symptoms Are Reduced by the Remedy: A Pilot Study", "Symptoms are reduced by the remedy", True),
        ("Low-Dose Naltrexone (LDN)—Review of Utilization", "Low-Dose Naltrexone (LDN)-Review of Utilization", True),
        ("The remedy in older adults with pain: a protocol", "The remedy in older adults with pain: results", False),
        ("Low-dose naltrexone for depression", "Low-dose naltrexone for anxiety", False),
        (LONG.format(" (LDN)"), LONG.format("").replace("pain", "fatigue"), False),
        ("It is effective for pain in many older adults", "It is not effective for pain in many older adults", False),
        ("The remedy for pain in some adults, part I", "The remedy for pain in some adults, part II", False),
        ("Hyperalgesia and the remedy in many older adults", "Hypoalgesia and the remedy in many older adults", False),
        ("Inflammatory effects of it in many adults", "Anti-inflammatory effects of it in many adults", False),
        ("A treats B", "A cures B", False),
        ("Naltrexone modulation of the opioid system and its potential effects on mood regulation",
         "Naltrexone modulates contextual processing in depression", False),
        ("", "", False),
    ],
)  # fmt: skip
def test_titles(ours: str, theirs: str, same: bool) -> None:  # noqa: FBT001 - a table's column
    """Spelling, marks, an acronym in brackets and a missing subtitle do not make another title; words do."""
    assert same_title(ours, theirs) is same
    assert same_title(theirs, ours) is same


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("Krystal, J. H.", "Krystal JH", True),
        ("Yücel, M.", "Yuecel M", True),
        ("Rodríguez-Freire C", "Rodriguez Freire C", True),
        ("Due Bruun K", "Bruun KD", True),
        ("Bye-Møller L", "Bye-Moller L", True),
        ("van Marwijk H", "Marwijk H", True),
        ("Younger J", "Young J", False),
        ("Wong, C.", "Chen C", False),
        ("Li X", "Wu X", False),
    ],
)
def test_authors(ours: str, theirs: str, same: bool) -> None:  # noqa: FBT001 - a table's column
    """Accents, initials and parts of double names do not make another author."""
    assert same_author(ours, theirs) is same


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("Journal of Affective Disorders", "J Affect Disord", True),
        ("Pain Medicine", "Pain medicine (Malden, Mass.)", True),
        ("Arthritis & Rheumatism", "Arthritis and rheumatism", True),
        ("The Lancet Rheumatology", "The Lancet. Rheumatology", True),
        ("Cochrane Database of Systematic Reviews (plain language summary)", "Cochrane Database Syst Rev", True),
        ("Neuropsychopharmacology", "Neuropsychopharmacology : official publication of the College", True),
        ("Der Nervenarzt", "Nervenarzt", True),
        ("JAMA", "JAMA psychiatry", False),
        ("Pain", "Brain", False),
        ("Journal of Pain", "Journal of Psychiatry", False),
        ("", "", False),
    ],
)
def test_containers(ours: str, theirs: str, same: bool) -> None:  # noqa: FBT001 - a table's column
    """Abbreviations, articles, places and subtitles do not make another journal."""
    assert same_container(ours, theirs) is same


def test_registries_know_other_names_of_one_work() -> None:
    """A German title at Crossref is no mismatch where PubMed has both titles under the same DOI."""
    doi, english, german = "10.1000/x", "The remedy in the treatment of examples", "Das Mittel in der Behandlung"
    work = Sought(title=english, doi=doi)
    crossref = RegistryRecord(registry=RegistryName.CROSSREF, titles=(german,), doi=doi)
    pubmed = RegistryRecord(registry=RegistryName.PUBMED, titles=(english, german), doi=doi.upper(), pmid="1")
    other = pubmed.model_copy(update={"doi": "10.1000/y"})
    assert [difference.field for difference in compare(work, crossref).differences] == ["title"]
    assert [difference.field for difference in compare(work, crossref, [other]).differences] == ["title"]
    assert compare(work, crossref, [pubmed]).differences == ()


def test_what_is_left_open_is_no_difference() -> None:
    """A citation that says little, and a registry that knows little, do not contradict each other."""
    record = RegistryRecord(registry=RegistryName.PUBMED, titles=("A",), pmid="1")
    assert compare(Sought(), record).differences == ()
    full = Sought(title="A", authors=("Able A",), year=2020, container="Examples", doi="10.1000/x", pmcid="PMC1")
    assert compare(full, record).differences == ()
