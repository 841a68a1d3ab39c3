"""The library loads what is whole, and names every mistake of a person with its file and line."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.errors import CorpusError, UnknownPassageError
from corpus.evidence import Kind, Passage, Role, Standing, Topic
from corpus.library import Library, find_problems, load_library

SHIPPED = Path(corpus.__file__).parent
TODAY = date(2026, 11, 30)
SOURCES = """
    bolton-2019 cochrane-crohns-2018 cree-2010 dissociation-review-2023 due-bruun-2024 fda-compounding fda-off-label
    fda-revia-2013 foa-2013 ldn-narrative-review-2026 livertox-naltrexone mayo-naltrexone-oral mclaughlin-2022
    mischoulon-2017 moloney-2026 naltrexone-tablet-label ologunowa-2025 pape-2014 parkitny-2017 plank-2022
    qaseem-2023 raknes-2019 rodriguez-freire-innova samhsa-988 schnurr-2024 toljan-2018 vatvani-2024 younger-2009
    younger-2013 younger-2014
""".split()
RESERVE = """
    brewer-2018 chan-2004 fibromyalgia-meta-2025 mysels-2011 nihseniorhealth nimh-5-steps osimo-2019 patel-2020
    raknes-2017 samhsa-naltrexone sharafaddinzadeh-2010
""".split()
GAPS = """
    gap-antidepressant-interactions gap-anxiety-trial gap-children gap-endorphins-and-mood gap-intrusive-thoughts
    gap-older-people gap-ptsd-trial gap-treatment-resistant-depression-trial
""".split()

QUALIFIES = """\
qualifies = [
  { source = "one", says = "Some people slept badly." },
  { source = "two", says = "It was not studied in pregnancy." },
]
"""

DAMAGE = [
    ("sources/one.md", "---\nid", "id", "1: has no front matter between two lines of three hyphens"),
    ("sources/one.md", "title: Title", "title: A: Title", "7: front matter is not valid YAML: mapping values are not"),
    ("sources/one.md", "digested_on: 2026-11-23", "digested_on: 2026-13-45", "1: front matter is not valid YAML: Val"),
    ("sources/one.md", "year: 2020", "year: &y 2020\n  issue: *y", "13: refers to a value elsewhere; write it out"),
    ("sources/one.md", "  year: 2020", "  year: 2020\n  year: 2021", "13: `reference.year` stands here a second time"),
    ("sources/one.md", "kind: rct", "kind: miracle", "3: `kind` is 'miracle'; known are 'meta-analysis', 'rct',"),
    ("sources/one.md", "kind: rct\n", "", "1: `kind` is missing"),
    ("sources/one.md", "kind: rct", "kind: rct\ncolour: red", "4: `colour` is not a known key"),
    ("sources/one.md", "kind: rct", "kind: rct\n1: red", "1: a key must be text, not 1"),
    ("sources/one.md", "  title: Title of one\n", "", "6: `reference.title` is missing"),
    ("sources/one.md", "volume: '12'", "volume: 12", "13: `reference.volume` must be text, not 12; put it in quotes"),
    (
        "sources/one.md",
        "doi: 10.",
        "doi: https://doi.org/10.",
        "14: `reference.doi` is 'https://doi.org/10.1000/example'",
    ),
    ("sources/one.md", "url: https", "url: ftp", "15: `reference.url` is 'ftp://example.org/one'; expected an address"),
    (
        "sources/one.md",
        "seen_at:\n    - ",
        "seen_at: ",
        "19: `provenance.seen_at` must be a list, not 'https://example",
    ),
    ("sources/one.md", "depression, safety", "depression, luck", "5: `topics.2` is 'luck'; known are 'depression',"),
    ("sources/one.md", "[depression, safety]", "[]", "5: `topics` is []: tuple should have at least 1 item"),
    ("sources/one.md", "id: one", "id: One", "2: `id` is 'One'; expected lower-case words joined by hyphens"),
    ("sources/one.md", "id: one", "id: three", "2: `id` is three, but the file is named one"),
    ("sources/one.md", "kind: rct", "kind: article", "3: `kind` is article, which has no place in the folder sources"),
    ("sources/one.md", "2026-11-23", "2026-12-24", "18: `digested_on` is 2026-12-24, in the future"),
    ("sources/one.md", "2027-11-23", "2025-11-23", "23: `review_by` is before `digested_on` (2026-11-23)"),
    ("sources/one.md", "## Risk", "## Danger", "31: unknown heading `Danger`; known are About, Benefit, No benefit,"),
    ("sources/one.md", "nancy and liver", "nancy and luck", "35: unknown topic `luck` in a heading; known are depress"),
    ("sources/one.md", "## Risk", "#### Risk", "31: only `## Role` and `### Topic` are headings here"),
    ("sources/one.md", "## About", "### Liver", "27: a topic stands below a role; start with a heading such as"),
    ("sources/one.md", "\n## About\n", "", "27: stands under no heading; start with one such as `## About`"),
    ("sources/one.md", "- Some", "Some", "33: is neither a heading nor a statement; start a statement with `- `"),
    ("sources/one.md", "slept badly.", "slept badly", "33: is not a whole sentence; end it with a full stop"),
    (
        "sources/one.md",
        "Some people slept badly.",
        "This trial had TEN people.",
        "33: repeats the statement on line 29",
    ),
    ("sources/one.md", "slept", "sl\u200bept", "33: has an invisible character (U+200B); delete it"),
    ("sources/one.md", "slept badly.\n", "slept badly.\r\n", "33: has Windows line ends; save it with LF"),
    ("sources/one.md", "---\nid", "\ufeff---\nid", "1: starts with a byte order mark; save it as UTF-8 without one"),
    (
        "sources/one.md",
        "Title of one",
        "The Remedy – a miracle!",
        "7: is the title of reference 1, which was not found",
    ),
    (
        "sources/one.md",
        "Able A\n    - Baker B\n  container: Journal of Examples\n  year: 2020",
        "Nobody N\n    - Else E\n  container: Journal of Examples\n  year: 2019",
        "8: are authors and year of reference 1, which was not found",
    ),
    (
        "sources/one.md",
        "ten people",
        "The remedy: a miracle, in ten people",
        "29: names reference 1, which was not found",
    ),
    ("sources/one.md", "year: 2020", "year: 2030", "12: `year` is 2030, in the future"),
    ("sources/one.md", "audience: patient", "audience: all", "4: `audience` is 'all'; known are 'patient' or 'staff'"),
    ("sources/one.md", "kind: rct", "kind: rct\nparticipants: 0", "4: `participants` is 0: input should be greater"),
    ("sources/one.md", "kind: rct", "kind: rct\nstatus: draft", "4: `status` is not a known key"),
    ("sources/one.md", "kind: rct", "kind: rct\nsearches: [x]", "4: `searches` belongs to the kind evidence-gap alone"),
    ("sources/one.md", "kind: rct", "kind: evidence-gap", "1: a record of our own search lists in `searches` what was"),
    (
        "sources/one.md",
        "url: https://example.org/one",
        "url: /v1/sources",
        "15: an address of our own is no place where",
    ),
    ("sources/one.md", "url: https:", "url: ", "15: `reference.url` is '//example.org/one'; expected an address"),
    ("article/remedy.md", "id: remedy", "id: one", "2: `id` is one, but the file is named remedy"),
    ("article/remedy.md", "kind: article", "kind: review", "29: is neither a heading nor a statement; start a statem"),
    ("claims/remedy.toml", "id = 2", "id = ", "11: is not valid TOML: Invalid value (at line 11, column 6)"),
    ("claims/remedy.toml", "id = 2", "id = 1", "11: `id` 1 stands here a second time"),
    ("claims/remedy.toml", "has shown promise.", "works.", "4: the article does not say “The remedy works.”"),
    ("claims/remedy.toml", '["two"]', '["three"]', "15: there is no source three"),
    ("claims/remedy.toml", '["two"]', '["remedy"]', "15: there is no source remedy"),
    ("claims/remedy.toml", 'source = "two"', 'source = "three"', "18: there is no source three"),
    ("claims/remedy.toml", "not studied", "tested", "6: one does not say “It was tested in pregnancy.”"),
    ("claims/remedy.toml", "slept badly", "slept well", "17: one does not say “Some people slept well.”"),
    ("claims/remedy.toml", "says =", "said =", "6: `contradicts.1.says` is missing"),
    ("claims/remedy.toml", 'direction = "Delete it."\n', "", "1: a claim that is not supported says in `direction`"),
    (
        "claims/remedy.toml",
        'contradicts = [{ source = "one", says = "It was not studied in pregnancy." }]\n',
        "",
        "1: a contradicted claim names a source in `contradicts`",
    ),
    (
        "claims/remedy.toml",
        '"contradicted"',
        '"qualified"',
        "1: a claim with a source in `contradicts` is contradicted",
    ),
    ("claims/remedy.toml", QUALIFIES, "", "10: a qualified claim names a source in `qualifies`"),
    (
        "claims/remedy.toml",
        '"qualified"\nsupports = ["two"]',
        '"supported"',
        "10: a supported claim names a source in `supp",
    ),
    ("claims/remedy.toml", '"qualified"', '"true"', "14: `standing` is 'true'; known are 'supported',"),
    (
        "claims/remedy.toml",
        "[[claim]]",
        "[[claims]]",
        "1: must hold [[aside]] and [[claim]] and [[omission]] tables and",
    ),
    ("claims/remedy.toml", "Talk with us.", "Call us.", "25: the article does not say “Call us.”"),
    ("claims/remedy.toml", "Talk with us.", "It is not a first choice.", "25: is a sentence with a claim, so it is no"),
    ("claims/remedy.toml", 'why = "An invitation."\n', "", "24: `why` is missing"),
    ("claims/remedy.toml", "statements = [{", "statements = []\nx = [{", "31: `statements` is []: tuple should"),
    (
        "article/remedy.md",
        "- Talk with us.",
        "- Talk with us.\n- It works at once.",
        "38: nobody judged “It works at once.”",
    ),
    ("references.toml", "]\nn = 2", "]\nn = 1", "12: `n` 1 stands here a second time"),
    ("references.toml", 'source = "two"', 'source = "three"', "18: there is no source three"),
    ("references.toml", 'source = "two"\n', "", "11: a reference that exists names its `source`"),
    ("references.toml", '"misdescribed"', '"not_found"', "11: a reference that was not found has no `source`"),
]


class Found:
    """A stretch of a text, as a screen returns it."""

    def __init__(self, match: re.Match[str]) -> None:
        self.start, self.end = match.span()


def screen(pattern: str) -> Callable[[str], Sequence[Found]]:
    """Return a screen that finds a pattern."""
    return lambda text: [Found(match) for match in re.finditer(pattern, text)]


@pytest.fixture(scope="module")
def shipped() -> Library:
    """Return the library that is shipped, with screens that find nothing."""
    return load_library(SHIPPED, {})


def test_a_whole_corpus_has_no_problem(shelf: Any) -> None:
    """A corpus that nobody damaged loads, so that each test of damage shows its own damage only."""
    assert shelf.problems() == []
    assert [*load_library(shelf.folder, {}, today=TODAY).sources] == ["remedy", "one", "two"]


@pytest.mark.parametrize(("name", "old", "new", "expected"), DAMAGE)
def test_damage_is_named_with_file_and_line(shelf: Any, name: str, old: str, new: str, expected: str) -> None:
    """Each mistake of a person is reported once, at its line, in words that say what is wrong."""
    shelf.change(name, old, new)
    problems = shelf.problems()
    assert [problem for problem in problems if problem.startswith(f"{name}:{expected}")], problems
    assert len(problems) == len({*problems})


def test_all_problems_of_all_files_come_at_once(shelf: Any) -> None:
    """One run lists the head and the body of one file and the faults of all others, in order, and nothing loads."""
    shelf.change("sources/one.md", "kind: rct", "kind: miracle")
    shelf.change("sources/one.md", "## Risk", "## Danger")
    shelf.change("sources/two.md", "id: two", "id: three")
    shelf.change("claims/remedy.toml", 'supports = ["two"]', 'supports = ["four"]')
    with pytest.raises(CorpusError) as caught:
        load_library(shelf.folder, {}, today=TODAY)
    places = [(problem.path.name, problem.line) for problem in caught.value.problems]
    assert places == [("remedy.toml", 15), ("one.md", 3), ("one.md", 31), ("two.md", 2)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "1: is empty"),
        (b"---\nid: \xff\n---\n", "2: is not valid UTF-8; save it in that encoding"),
        (b"a" * 1_000_001, "1: is larger than 1,000,000 bytes"),
        (b"---\n- a\n---\n", "1: front matter must be a list of `key: value` lines"),
        (b"---\nid: " + b"[" * 5000 + b"\n---\n", "1: front matter is not valid YAML: RecursionError"),
        (b"---\nid: !!python/name:os.system\n---\n", "2: front matter is not valid YAML: could not determine a cons"),
    ],
)
def test_unfit_files_are_refused(shelf: Any, content: bytes, expected: str) -> None:
    """A file that is no clean text, or too large, or made to break its reader, is one clear problem."""
    shelf.path("sources/one.md").write_bytes(content)
    (problem,) = shelf.problems()
    assert problem.startswith(f"sources/one.md:{expected}")


def test_a_source_without_statements_is_refused(shelf: Any) -> None:
    """A source that says nothing cannot be cited, so it is an error and not an empty entry."""
    text = shelf.path("sources/one.md").read_text()
    shelf.write("sources/one.md", text[: text.index("- This trial")])
    assert shelf.problems() == ["sources/one.md:26: has no statement below its front matter"]


def test_a_changed_word_needs_a_new_checksum(shelf: Any) -> None:
    """A word that changes after the review stops the start, and the message says the checksum to write then."""
    path = shelf.path("sources/one.md")
    path.write_text(path.read_text().replace("ten people", "nine people"))
    (problem,) = shelf.problems()
    new = re.fullmatch(r"sources/one.md:22: the text .* changed; after a review set `checksum` to (\w{64})", problem)
    assert new
    path.write_text(re.sub(r"checksum: \w+", f"checksum: {new[1]}", path.read_text()))
    assert shelf.problems() == []


def test_two_files_cannot_share_an_id(shelf: Any) -> None:
    """The second file with an id is reported, since a citation of it would be ambiguous."""
    shelf.write("sources/remedy.md", shelf.path("sources/one.md").read_text().replace("id: one", "id: remedy"))
    (problem,) = shelf.problems()
    assert problem.startswith("sources/remedy.md:2: `id` remedy belongs to ")


def test_symbolic_links_are_refused(shelf: Any) -> None:
    """A link could point to text outside the reviewed folder."""
    outside = shelf.path("outside.md")
    shelf.path("sources/one.md").rename(outside)
    shelf.path("sources/one.md").symlink_to(outside)
    assert shelf.problems() == ["sources/one.md:1: is a symbolic link; put the file itself here"]


def test_nothing_is_passed_over_in_silence(shelf: Any) -> None:
    """A file that would not be read, a missing file and a missing folder are problems, not an empty corpus."""
    shelf.path("sources/one.md").rename(shelf.path("sources/one.txt"))
    shelf.path("references.toml").unlink()
    assert "sources/one.txt:1: is not read; only files named <id>.md belong here" in shelf.problems()
    assert "references.toml:1: cannot be read: No such file or directory" in shelf.problems()
    shelf.path("sources/two.md").unlink()
    assert "sources:1: holds no file named <id>.md" in shelf.problems()
    problems = find_problems(shelf.path("nowhere"), {}, today=TODAY)
    assert [problem.message for problem in problems if problem.path.name == "sources"] == [
        "is not a folder; reviewed files are read from it"
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("sources/one.md", "Title of one", "Three grains", "7: dose in a title (give it a clean `short_title`) that "),
        (
            "sources/one.md",
            "title: Title",
            "short_title: Three grains\n  title: Title",
            "7: dose in a short title that",
        ),
        ("sources/one.md", "Able A", "Three grains", "8: dose in a byline that patients can see: “Three grains”"),
        ("sources/one.md", "Journal of Examples", "Three grains", "11: dose in a container that"),
        ("sources/one.md", "10.1000/example", "10.1000/Three-grains", "14: dose in a DOI that"),
        ("sources/one.md", "org/one", "org/Three%20grains", "15: dose in an address that"),
        ("sources/one.md", "ten people", "Three grains", "29: dose in a statement that patients can see: “Three gr"),
        ("article/remedy.md", "promise", "Three grains", "29: dose in a statement that"),
        ("article/remedy.md", "# Who", "# Three grains who", "33: dose in the heading above a statement that"),
    ],
)
def test_screens_read_all_that_patients_see(shelf: Any, name: str, old: str, new: str, expected: str) -> None:
    """Every text that can reach a patient passes every screen; the message echoes the matched words only."""
    shelf.change(name, old, new)
    problems = shelf.problems(dose=screen("Three grains"))
    assert [problem for problem in problems if problem.startswith(f"{name}:{expected}")], problems
    assert not [problem for problem in shelf.problems() if "that patients can see" in problem]


def test_a_short_title_hides_a_dose_in_the_title(shelf: Any) -> None:
    """Patients see the short title, so the full one may stay as it was printed."""
    shelf.change("sources/one.md", "title: Title of one", "title: Three grains\n  short_title: The grain trial")
    assert shelf.problems(dose=screen("Three grains")) == []


def test_staff_sources_are_not_screened_and_not_said(shelf: Any) -> None:
    """A source for staff may state a dose, and none of its statements is offered for an answer to a patient."""
    shelf.change("sources/one.md", "audience: patient", "audience: staff")
    shelf.change("sources/one.md", "ten people", "Three grains")
    for _ in range(2):
        shelf.change("claims/remedy.toml", 'source = "one"', 'source = "two"')
    library = load_library(shelf.folder, {"dose": screen("Three grains")}, today=TODAY)
    assert "one" not in {passage.source_id for passage in library.patient_passages()}


def test_statements_take_role_and_topics_from_their_headings(shelf: Any) -> None:
    """The second-level heading is the role; a third-level heading replaces the topics of the source."""
    passages = load_library(shelf.folder, {}, today=TODAY).source("one").passages
    assert [(passage.role, passage.topics) for passage in passages] == [
        (Role.ABOUT, (Topic.DEPRESSION, Topic.SAFETY)),
        (Role.RISK, (Topic.DEPRESSION, Topic.SAFETY)),
        (Role.RISK, (Topic.PREGNANCY, Topic.LIVER)),
    ]
    assert passages[2].heading == ("Risk", "Pregnancy and liver")


def test_the_audit_decides_which_sentences_of_the_article_are_said(shelf: Any) -> None:
    """Contradicted sentences and fragments are never offered; qualified ones name the sources to be heard with them."""
    library = load_library(shelf.folder, {}, today=TODAY)
    said = [passage for passage in library.patient_passages() if passage.source_id == "remedy"]
    assert [(passage.text, passage.standing, passage.qualified_by, passage.role) for passage in said] == [
        ("It is not a first choice.", Standing.QUALIFIED, ("one", "two"), Role.LIMIT),
        ("Talk with us.", None, (), Role.FACT),
    ]
    assert said[0].heading == ("The remedy",)


@pytest.mark.parametrize("standing", ["contradicted", "unsupported"])
def test_the_worst_claim_decides(shelf: Any, standing: str) -> None:
    """A sentence with one claim that holds and one that does not is not said."""
    quoted = '[{ source = "one", says = "Some people slept badly." }]'
    against = f"contradicts = {quoted}\n" if standing == "contradicted" else ""
    more = f'\n[[claim]]\nid = 3\nclaim = "It is cheap"\nsentences = ["It is not a first choice."]\n{against}'
    claims = shelf.path("claims/remedy.toml").read_text()
    shelf.write(
        "claims/remedy.toml", f'{claims}{more}standing = "{standing}"\ncomment = "No."\ndirection = "Delete it."\n'
    )
    said = load_library(shelf.folder, {}, today=TODAY).patient_passages()
    assert "It is not a first choice." not in {passage.text for passage in said}


def test_stale_and_made_up_ids_raise(shelf: Any) -> None:
    """A passage is found by its id, and not any more once a word of it changed."""
    passage = load_library(shelf.folder, {}, today=TODAY).patient_passages()[0]
    shelf.change("article/remedy.md", "a first choice", "the first choice")
    shelf.change("claims/remedy.toml", "a first choice", "the first choice")
    library = load_library(shelf.folder, {}, today=TODAY)
    for id_ in (passage.id, "one#about:000000000000", ""):
        with pytest.raises(UnknownPassageError):
            library.passage(id_)
    current = library.patient_passages()[0]
    assert library.passage(current.id) is current


def test_the_fingerprint_follows_the_words(shelf: Any) -> None:
    """The fingerprint stays while nothing changes, and changes with a statement or with its standing."""
    prints = [load_library(shelf.folder, {}, today=TODAY).fingerprint for _ in range(2)]
    shelf.change("sources/one.md", "ten people", "nine people")
    prints.append(load_library(shelf.folder, {}, today=TODAY).fingerprint)
    shelf.change("claims/remedy.toml", 'role = "limit"', 'role = "risk"')
    prints.append(load_library(shelf.folder, {}, today=TODAY).fingerprint)
    assert prints[0] == prints[1]
    assert len({*prints}) == 3


def test_the_shipped_corpus_is_complete(shipped: Library) -> None:
    """All sources and the article are there, each with statements and a link."""
    assert sorted(shipped.sources) == sorted([*SOURCES, *RESERVE, *GAPS, "ldn-mental-health"])
    assert sum(len(shipped.source(id_).passages) for id_ in SOURCES) == 218
    assert [source.id for source in shipped.sources.values() if source.kind is Kind.ARTICLE] == ["ldn-mental-health"]
    assert [id_ for id_, source in sorted(shipped.sources.items()) if source.kind is Kind.GAP] == GAPS


def test_every_shipped_statement_has_an_origin(shipped: Library) -> None:
    """Each source says who digested it, when, from what and how much, and leads readers to a page."""
    for source in shipped.sources.values():
        kept = source.provenance
        assert all((kept.digested_by, kept.digested_on, kept.seen_at, kept.seen_extent, source.reference.link))


def test_the_shipped_corpus_passes_the_real_screens() -> None:
    """No word that patients can see states a dose or gives orders to a model."""
    from guardrails.dosing import find_dose  # noqa: PLC0415 - the corpus stays testable while rules are rebuilt
    from guardrails.injection import find_instruction  # noqa: PLC0415 - the same

    assert find_problems(SHIPPED, {"dose": find_dose, "instruction": find_instruction}) == ()


def test_references_that_were_not_found_cannot_be_cited(shipped: Library) -> None:
    """The article's references 1, 2, 3 and 5 are no sources, and nothing that patients can see repeats their titles."""
    missing = [claimed for claimed in shipped.references if claimed.source is None]
    assert [claimed.n for claimed in missing] == [1, 2, 3, 5]
    assert shipped.references[3].source == "younger-2014"
    shown = " ".join(
        f"{source.reference.title} {passage.text}" for source in shipped.sources.values() for passage in source.passages
    ).lower()
    assert not [claimed.n for claimed in missing if claimed.title.lower() in shown]


def test_overstated_sentences_of_the_article_are_not_said(shipped: Library) -> None:
    """Patients get the six sentences of the article that the sources bear out, and no promise."""
    said = [passage.text for passage in shipped.patient_passages() if passage.source_id == "ldn-mental-health"]
    assert [text.split(",")[0] for text in said] == [
        "While traditionally used to treat opioid and alcohol dependence",
        "LDN is not FDA-approved for depression or anxiety",
        "More clinical research is needed to confirm its effectiveness.",
        "It may cause temporary sleep disturbances or vivid dreams when starting.",
        "It’s worth discussing with a provider experienced in prescribing it.",
        "If you’re interested in trying LDN for mental health",
    ]


@pytest.mark.parametrize(
    ("topic", "role", "source"),
    [
        (Topic.DEPRESSION, Role.NO_BENEFIT, "moloney-2026"),
        (Topic.FIBROMYALGIA, Role.NO_BENEFIT, "due-bruun-2024"),
        (Topic.FIBROMYALGIA, Role.NO_BENEFIT, "rodriguez-freire-innova"),
        (Topic.OPIOIDS, Role.RISK, "naltrexone-tablet-label"),
        (Topic.PREGNANCY, Role.RISK, "naltrexone-tablet-label"),
        (Topic.LIVER, Role.RISK, "mayo-naltrexone-oral"),
        (Topic.MOOD_WARNING, Role.RISK, "mayo-naltrexone-oral"),
        (Topic.CRISIS_HELP, Role.FACT, "samhsa-988"),
    ],
)
def test_what_the_article_leaves_out_is_found_by_topic(shipped: Library, topic: Topic, role: Role, source: str) -> None:
    """Negative trials and warnings stand under the topic and the role that a balanced answer looks for."""

    def fits(passage: Passage) -> bool:
        return (passage.source_id, passage.role) == (source, role) and topic in passage.topics

    assert any(map(fits, shipped.patient_passages()))


def test_ids_of_passages_are_unique(shipped: Library) -> None:
    """No two shipped passages share an id, so a citation names exactly one statement."""
    passages = [passage for source in shipped.sources.values() for passage in source.passages]
    assert len({passage.id for passage in passages}) == len(passages)
    assert all(shipped.passage(passage.id) is passage for passage in passages)
