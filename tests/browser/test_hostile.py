"""What a hostile source, model or setting could put into the widget stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<script>window.pwned=1</script>",
    "<SCRIPT SRC=data:,window.pwned=1></SCRIPT>",
    "<scr<script>ipt>window.pwned=1</scr</script>ipt>",
    "<img src=x onerror=window.pwned=1>",
    "<img src=`x` onerror=`window.pwned=1`>",
    '"><img src=x onerror=window.pwned=1>',
    "'><img src=x onerror=window.pwned=1>",
    "<img/src=x/onerror=window.pwned=1>",
    "<img src=x:x onerror\t=window.pwned=1//",
    "<svg onload=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "<svg><script>window.pwned=1</script></svg>",
    "<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=window.pwned=1>#x'></use></svg>",
    "<svg><a xlink:href='javascript:window.pwned=1'><text y=20>x</text></a></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.pwned=1</script>'></iframe></foreignObject></svg>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<iframe src=javascript:parent.pwned=1></iframe>",
    "<embed src=javascript:window.pwned=1>",
    "<object data='javascript:window.pwned=1'></object>",
    "<object data='data:text/html,<script>parent.pwned=1</script>'></object>",
    "<body onload=window.pwned=1>",
    "<html onmouseover=window.pwned=1>",
    "<details open ontoggle=window.pwned=1>x</details>",
    "<video><source onerror=window.pwned=1></video>",
    "<audio src=x onerror=window.pwned=1></audio>",
    "<input autofocus onfocus=window.pwned=1>",
    "<select autofocus onfocus=window.pwned=1></select>",
    "<textarea autofocus onfocus=window.pwned=1></textarea>",
    "<button autofocus onfocus=window.pwned=1 popovertarget=x>x</button>",
    "<div popover id=x onbeforetoggle=window.pwned=1>x</div>",
    "<marquee onstart=window.pwned=1>x</marquee>",
    "<div style='animation-name:rise' onanimationstart=window.pwned=1>x</div>",
    "<div style=\"background:url('javascript:window.pwned=1')\">x</div>",
    "<math><mi xlink:href='javascript:window.pwned=1'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=window.pwned=1>'>",
    "<a href='javascript:window.pwned=1'>x</a>",
    "<a href='java&#x0A;script:window.pwned=1'>x</a>",
    "<form action=javascript:window.pwned=1><input type=submit></form>",
    "<base href='javascript:window.pwned=1//'>",
    "<link rel=stylesheet href='data:text/css,@import \"javascript:window.pwned=1\"'>",
    "<meta http-equiv=refresh content='0;url=javascript:window.pwned=1'>",
    "<style>@import 'javascript:window.pwned=1'</style>",
    "</textarea><script>window.pwned=1</script>",
    "</title></style></noscript><script>window.pwned=1</script>",
    "<template><script>window.pwned=1</script></template>",
    "<template shadowrootmode=open><script>window.pwned=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<!--><img src=x onerror=window.pwned=1>-->",
    "<![CDATA[<img src=x onerror=window.pwned=1>]]>",
    "&lt;img src=x onerror=window.pwned=1&gt;",
    "javascript:window.pwned=1",
    "JaVaScRiPt:window.pwned=1",
    "javascript://example.org/%0Awindow.pwned=1",
    "vbscript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "blob:https://example.org/window.pwned=1",
    "[x](javascript:window.pwned=1) ![x](x'onerror='window.pwned=1)",
    "{{constructor.constructor('window.pwned=1')()}}${window.pwned=1}",
    "\u202e<img src=x onerror=window.pwned=1>\u2066",
]
BATCHES = [PAYLOADS[at : at + 15] for at in range(0, len(PAYLOADS), 15)]


def poison(payloads: list[str]) -> dict[str, Any]:
    """Return an answer that carries each payload in every field that is shown."""
    fields = ("source", "title", "byline", "kind", "url", "quote")
    first = payloads[0]
    return {
        **dict.fromkeys(("id", "session", "question", "lang", "outcome", "rule", "message", "text"), first),
        "claims": [{"text": payload, "citations": [n]} for n, payload in enumerate(payloads, start=1)],
        "citations": [{"n": n, **dict.fromkeys(fields, payload)} for n, payload in enumerate(payloads, start=1)],
        "notices": payloads,
        "card": {
            "kind": first,
            "title": first,
            "text": "\n\n".join(payloads),
            "links": [{"label": payload, "href": payload} for payload in payloads],
        },
        "suggestions": payloads,
    }


def expect_inert(visitor: Visitor) -> None:
    """Fail if anything of a payload became more than text."""
    hostile = visitor.page.locator(
        "clinic-assistant :is(script, img, iframe, object, embed, video, audio, style, link, meta, base, details, math,"
        " template, select, marquee, foreignObject, animate, use, [popover], [srcdoc])"
    )
    assert hostile.count() == 0
    scripted = "(it) => it.getAttributeNames().filter((name) => name.startsWith('on'))"
    for link in visitor.panel.locator("a").all():
        assert re.match("(https?|tel|sms|mailto):", link.get_attribute("href"))
        assert link.evaluate(scripted) == []
        if link.get_attribute("target"):
            assert link.get_attribute("rel") == "noopener noreferrer"
    assert visitor.page.evaluate("window.pwned") is None
    assert visitor.errors == []


def test_there_are_fifty_payloads() -> None:
    """The corpus is as large as requirement C-13 asks, and no payload stands in it twice."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 50


@pytest.mark.parametrize("size", [5, 1 << 20], ids=["split", "whole"])
@pytest.mark.parametrize("payloads", BATCHES, ids=lambda batch: batch[0])
def test_c13_markup_in_an_answer_stays_text(make_visitor: Any, stream_of: Any, payloads: list[str], size: int) -> None:
    """No field is ever parsed as markup or linked to a script, even where no security policy helps."""
    visitor = make_visitor(bypass_csp=True)
    raw = stream_of(poison(payloads)).encode()
    visitor.fake_stream([raw[at : at + size] for at in range(0, len(raw), size)])
    visitor.start()
    visitor.ask(payloads[0])
    expect(visitor.last_answer.locator(".claim")).to_have_count(len(payloads))
    for payload, mark in zip(payloads, visitor.last_answer.locator(".mark").all(), strict=True):
        mark.click()
        expect(visitor.last_answer.locator("blockquote")).to_have_text(payload.strip())
    expect_inert(visitor)


def test_c13_markup_in_the_configuration_stays_text(make_visitor: Any) -> None:
    """Clinic, notice, consent and suggestions are text as well."""
    visitor = make_visitor(bypass_csp=True)
    payload = PAYLOADS[3]
    fields = ("name", "phone", "booking_url", "contact_url", "hours")
    told = {"version": "1", "en": payload, "es": payload}
    suggestions = {"en": PAYLOADS, "es": []}
    visitor.fake_config(clinic=dict.fromkeys(fields, payload), consent=told, notice=told, suggestions=suggestions)
    visitor.start()
    visitor.panel.locator(".contact").click()
    expect(visitor.panel.locator(".chip")).to_have_count(len(PAYLOADS))
    expect_inert(visitor)
