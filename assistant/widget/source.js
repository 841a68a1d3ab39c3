/** Citations: the numbered marks in the text, the source card behind a mark, and the list under an answer. */

import { element, icon, listOf, makeLink, newId, textOf } from "./dom.js";
import { fill } from "./strings.js";

/**
 * @typedef {{ n: number, source: string, title: string, byline: string, kind: string, url: string, quote: string }} Citation
 */

const described = (citation) => [textOf(citation.byline), textOf(citation.kind)].filter(Boolean).join(" · ");

/** The sources of one answer. A work has one number, however many of its passages are quoted. */
export class Sources {
  /** @type {Map<number, Citation>} */
  #known = new Map();
  /** @type {{ id: string | number, citation: Citation }[]} */
  #works = [];
  #strings;
  #base;
  /** @type {{ mark: HTMLElement, card: HTMLElement } | null} */
  #open = null;

  /**
   * @param {Record<string, string>} strings
   * @param {string} base
   */
  constructor(strings, base) {
    this.#strings = strings;
    this.#base = base;
  }

  /** @param {unknown} citations */
  add(citations) {
    for (const citation of listOf(citations)) {
      if (Number.isInteger(citation?.n)) this.#known.set(citation.n, citation);
    }
  }

  /** How many works carry what is said; what nothing cites is not listed. */
  get count() {
    return this.#works.length;
  }

  /** @returns {string[]} the list in words, for a copy */
  get lines() {
    return this.#works.map(({ citation }, at) => {
      const words = [textOf(citation.title), described(citation), textOf(citation.url)];
      return `${at + 1}. ${words.filter(Boolean).join(". ")}`;
    });
  }

  /**
   * Returns the numbers of the works that citations quote, each once.
   * @param {unknown} cited the citations' own numbers
   * @returns {number[]}
   */
  numbers(cited) {
    return [...this.#quoted(cited).keys()];
  }

  /**
   * Makes the marks that follow a sentence. A citation without a source gets none.
   * @param {unknown} cited the citations' own numbers
   * @returns {HTMLElement | null}
   */
  marks(cited) {
    const marks = [...this.#quoted(cited)].map(([number, citations]) => this.#mark(number, citations));
    return marks.length ? element("sup", { class: "marks" }, ...marks) : null;
  }

  /**
   * Makes the numbered list that stands under an answer.
   * @returns {HTMLElement | null}
   */
  list() {
    if (!this.count) return null;
    const heading = newId("sources");
    const items = this.#works.map(({ citation }, at) => this.#item(at + 1, citation));
    return element(
      "section",
      { class: "sources", "aria-labelledby": heading },
      element(
        "h3",
        { id: heading },
        this.#strings.sources,
        element("span", { class: "aside" }, ` (${this.#strings.newTabs})`),
      ),
      element("ol", { role: "list" }, ...items),
    );
  }

  #quoted(cited) {
    const quoted = new Map();
    for (const citation of listOf(cited).map((n) => this.#known.get(n)).filter(Boolean)) {
      const number = this.#numberOf(citation);
      quoted.set(number, [...(quoted.get(number) ?? []), citation]);
    }
    return quoted;
  }

  // Works are numbered as they are first cited.
  #numberOf(citation) {
    const id = textOf(citation.source) || citation.n;
    const at = this.#works.findIndex((work) => work.id === id);
    return at < 0 ? this.#works.push({ id, citation }) : at + 1;
  }

  #item(number, citation) {
    const { newTab } = this.#strings;
    const link = makeLink({ label: citation.title, href: citation.url, base: this.#base, newTab });
    return element(
      "li",
      {},
      element("span", { class: "number" }, String(number)),
      element("span", {}, link, element("span", { class: "byline" }, described(citation))),
    );
  }

  #label(number, citation) {
    return fill(this.#strings.source, { n: number, title: textOf(citation.title) });
  }

  #mark(number, citations) {
    const label = this.#label(number, citations[0]);
    const attributes = { type: "button", class: "mark", "aria-expanded": "false", "aria-label": label };
    const mark = element("button", attributes, String(number));
    mark.addEventListener("click", () => this.#toggle(mark, number, citations));
    mark.addEventListener("keydown", (event) => this.#closeOnEscape(event));
    return mark;
  }

  #toggle(mark, number, citations) {
    const wasOpen = this.#open?.mark === mark;
    this.#close();
    if (wasOpen) return;
    const card = this.#card(number, citations);
    mark.closest(".claim").append(card);
    mark.setAttribute("aria-expanded", "true");
    mark.setAttribute("aria-controls", card.id);
    this.#open = { mark, card };
    card.scrollIntoView({ block: "nearest" });
  }

  #close() {
    if (!this.#open) return;
    const { mark, card } = this.#open;
    card.remove();
    mark.setAttribute("aria-expanded", "false");
    mark.removeAttribute("aria-controls");
    this.#open = null;
  }

  #closeToMark() {
    const mark = this.#open?.mark;
    this.#close();
    mark?.focus();
  }

  #closeOnEscape(event) {
    if (event.key !== "Escape" || !this.#open) return;
    event.stopPropagation();
    this.#closeToMark();
  }

  #card(number, citations) {
    const t = this.#strings;
    const [citation] = citations;
    const quotes = [...new Set(citations.map(({ quote }) => textOf(quote)))];
    return element(
      "div",
      {
        class: "source-card",
        id: newId("source"),
        role: "group",
        "aria-label": this.#label(number, citation),
        keydown: (event) => this.#closeOnEscape(event),
      },
      element(
        "div",
        { class: "source-head" },
        element("p", { class: "source-title", dir: "auto" }, textOf(citation.title)),
        element(
          "button",
          { type: "button", class: "tool", "aria-label": t.closeSource, click: () => this.#closeToMark() },
          icon("close"),
        ),
      ),
      element("p", { class: "byline" }, described(citation)),
      ...quotes.map((quote) => element("blockquote", { "aria-label": t.sourceQuote, dir: "auto" }, quote)),
      makeLink({
        label: t.openSource,
        href: citation.url,
        base: this.#base,
        newTab: t.newTab,
        shown: true,
        className: "source-link",
      }),
    );
  }
}
