"""Privacy: identifiers are masked, the words of medicine are not, and nothing reaches for the network."""

import socket
from typing import NoReturn

import pytest

from guardrails.privacy import PERSONAL_DATA
from guardrails.verdict import Asked

PERSONAL = [
    ("EMAIL", "Write to ", "maria.lopez@example.org", " please"),
    ("EMAIL", "I am at ", "jane (at) example (dot) com", ""),
    ("EMAIL", "", "j_doe+ldn@mail.example.co.uk", ""),
    ("PHONE", "Call me at ", "(212) 555-0147", " tonight"),
    ("PHONE", "Call me: ", "212.555.0147", ""),
    ("PHONE", "My number is ", "2125550147", ""),
    ("PHONE", "Llámeme al ", "+52 55 1234 5678", ""),
    ("PHONE", "Fax ", "1-212-555-0147 ext. 12", ""),
    ("PHONE", "reach me under ", "07700 900 12 34", ""),
    ("NUMBER", "it is ", "22 55 61 07", " at work"),
    ("NUMBER", "my reference: ", "4417093", ""),
    ("SSN", "My SSN is ", "536-90-4399", "."),
    ("CREDIT_CARD", "Charge ", "4111 1111 1111 1111", " now"),
    ("CREDIT_CARD", "Charge ", "4111111111111111", " now"),
    ("IBAN", "Pay to ", "DE89370400440532013000", ""),
    ("IP", "I come from ", "203.0.113.42", " today"),
    ("MRN", "My MRN is ", "A1234567", "."),
    ("MRN", "Patient ID: ", "00482913", ""),
    ("DRIVER_LICENSE", "My driver's license is ", "S1234567", ""),
    ("DATE_OF_BIRTH", "I was born on ", "March 3, 1980", " in Ohio"),
    ("DATE_OF_BIRTH", "DOB ", "03/03/1980", ""),
    ("DATE_OF_BIRTH", "Nací el ", "3 de marzo de 1980", ""),
    ("ADDRESS", "I live at ", "12 Oak Street", " now"),
    ("ADDRESS", "Send it to ", "4502 N. Lincoln Ave Apt 3B", "."),
    ("ADDRESS", "Mail: ", "P.O. Box 123", ""),
    ("PERSON", "My name is ", "Maria Lopez", " and I take LDN"),
    ("PERSON", "my name is ", "john smith", " and i hurt"),
    ("PERSON", "Hi, this is ", "Maria Lopez", " calling about LDN"),
    ("PERSON", "Me llamo ", "José Álvarez", "."),
    ("PERSON", "Mi nombre es ", "Ana", ", tengo dolor"),
    ("PERSON", "I'm ", "John O'Neil", ", can LDN help?"),
    ("PERSON", "My wife ", "Linda Park", " takes LDN"),
]

CLEAN = [
    "Call 988 or 911, or text 838255.",
    "Poison Help is 1-800-222-1222.",
    "The National Helpline is 1-800-662-4357.",
    "The trial of 2017 had 12 people, the one of 2024 had 99 women.",
    "11,247 people in Norway started LDN in 2013.",
    "Between 2013 - 2021 about 1,250,000 people were asked.",
    "Groups of 12, 15, 30 and 99 people over 8-12 weeks.",
    "The article is of 2026-11-23.",
    "The clock said 10:20:30.",
    "See PMID 27736689 and doi 10.1186/s13063-022-06738-3.",
    "Is NDC 0781-1234-01 naltrexone?",
    "Does Low-Dose Naltrexone interact with Lexapro or Wellbutrin?",
    "I am worried about LDN. I'm Bipolar.",
    "This is Vivitrol, right?",
    "I am 45 years old and weigh 180 pounds.",
    "My patient record is wrong, how do I correct it?",
    "What is the Naltrexone street price?",
    "Does Dr. Smith offer evening appointments?",
    "Pain fell from 6.2 to 4.1 between 2019 and 2021.",
    "My name is not important. My account does not open.",
    "¿Qué es la naltrexona en dosis bajas?",
    "My sister has MS. What did the trial in San Francisco find?",
]


def masked(text: str) -> dict[str, str]:
    """Return what is masked, by label."""
    return {span.label: text[span.start : span.end] for span in PERSONAL_DATA.find(Asked(text=text))}


@pytest.mark.parametrize(("label", "before", "secret", "after"), PERSONAL)
def test_masks_the_whole_identifier(label: str, before: str, secret: str, after: str) -> None:
    """Every character of the identifier is masked, and one span bears its label."""
    text = f"{before}{secret}{after}"
    spans = tuple(PERSONAL_DATA.find(Asked(text=text)))
    assert label in {span.label for span in spans}
    assert all(
        any(span.start <= at < span.end for span in spans) for at in range(len(before), len(before) + len(secret))
    )


@pytest.mark.parametrize("text", CLEAN)
def test_leaves_the_words_of_medicine_alone(text: str) -> None:
    """Help lines, years, sizes of studies, medicines and records of works are not personal."""
    assert masked(text) == {}


def test_leaves_the_rest_of_the_sentence() -> None:
    """What is not personal stays readable."""
    assert masked("My name is Maria Lopez and I take LDN") == {"PERSON": "Maria Lopez"}


def test_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for personal data opens no socket."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert masked("Write to maria.lopez@example.org")["EMAIL"] == "maria.lopez@example.org"
