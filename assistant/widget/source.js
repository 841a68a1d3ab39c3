/** Citations: the numbered marks in the text, the source card behind a mark, and the list under an answer. */

import { element, icon, listOf, makeLink, newId, textOf } from "./dom.js";
import { fill } from "./strings.js";

/**
 * @typedef {{ n: number, title: string, byline: string, kind: string, url: string, quote: string }} Citation
 */

const described = (citation) => [textOf(citation.byline), textOf(citation.kind)].filter(Boolean).join(" · ");

/** The sources of one answer, by number. */
export class Sources {
  #known = new Map();
  #strings;
  #base;
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

  get count() {
    return this.#known.size;
  }

  /**
   * Makes the marks that follow a sentence. A number without a source gets none.
   * @param {unknown} numbers
   * @returns {HTMLElement | null}
   */
  marks(numbers) {
    const known = listOf(numbers).filter((n) => this.#known.has(n));
    return known.length ? element("sup", { class: "marks" }, ...known.map((n) => this.#mark(n))) : null;
  }

  /**
   * Makes the numbered list that stands under an answer.
   * @returns {HTMLElement | null}
   */
  list() {
    if (!this.#known.size) return null;
    const heading = newId("sources");
    const items = [...this.#known.keys()].sort((a, b) => a - b).map((n) => this.#item(n));
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

  #item(n) {
    const citation = this.#known.get(n);
    const { newTab } = this.#strings;
    const link = makeLink({ label: citation.title, href: citation.url, base: this.#base, newTab });
    return element(
      "li",
      {},
      element("span", { class: "number" }, String(n)),
      element("span", {}, link, element("span", { class: "byline" }, described(citation))),
    );
  }

  #mark(n) {
    const label = fill(this.#strings.source, { n, title: textOf(this.#known.get(n).title) });
    const attributes = { type: "button", class: "mark", "aria-expanded": "false", "aria-label": label };
    const mark = element("button", attributes, String(n));
    mark.addEventListener("click", () => this.#toggle(mark, n));
    mark.addEventListener("keydown", (event) => this.#closeOnEscape(event));
    return mark;
  }

  #toggle(mark, n) {
    const wasOpen = this.#open?.mark === mark;
    this.#close();
    if (wasOpen) return;
    const card = this.#card(n);
    mark.closest("p").after(card);
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

  #card(n) {
    const t = this.#strings;
    const citation = this.#known.get(n);
    const label = fill(t.source, { n, title: textOf(citation.title) });
    return element(
      "div",
      {
        class: "source-card",
        id: newId("source"),
        role: "group",
        "aria-label": label,
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
      element("blockquote", { "aria-label": t.sourceQuote, dir: "auto" }, textOf(citation.quote)),
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
