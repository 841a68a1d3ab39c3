"""Text: sentences end where they end, words and stems unite what belongs together."""

from corpus.text import sentences, stems, words


def test_sentences_end_where_they_end() -> None:
    """Abbreviations and decimals do not end a sentence; blank lines and list items do."""
    text = "Dr. Smith said so. It was 4.5 of 7, e.g. in 2019! Really?\n\nNew part\n- one\n- two"
    assert sentences(text) == (
        "Dr. Smith said so.",
        "It was 4.5 of 7, e.g. in 2019!",
        "Really?",
        "New part",
        "- one",
        "- two",
    )


def test_words_and_stems_are_lower_case() -> None:
    """Words keep their apostrophes; stems unite the forms of a word."""
    assert words("Don’t stop_taking Pills") == ("don't", "stop", "taking", "pills")
    assert stems("studies studied") == ("studi", "studi")
