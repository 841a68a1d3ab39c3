/** One question and its answer in the conversation. */

import { makeCard, isUrgent } from "./card.js";
import { element, listOf, paragraphs, textOf } from "./dom.js";
import { Sources } from "./source.js";
import { STRINGS, stringsFor } from "./strings.js";

const LONGEST_TAIL = 16;

/**
 * Makes buttons that each ask a question.
 * @param {unknown} questions
 * @param {string} label
 * @param {(text: string) => void} ask
 * @returns {HTMLElement | null}
 */
export function makeChips(questions, label, ask) {
  const texts = listOf(questions).map(textOf).filter(Boolean);
  const chip = (text) =>
    element("li", {}, element("button", { type: "button", class: "chip", dir: "auto", click: () => ask(text) }, text));
  return texts.length ? element("ul", { class: "chips", role: "list", "aria-label": label }, ...texts.map(chip)) : null;
}

// A mark belongs to the word before it, also at the end of a line; a word too long for that may leave it.
const keepTogether = (text, marks) => {
  const end = text.lastIndexOf(" ") + 1;
  if (!marks || text.length - end > LONGEST_TAIL) return [text, marks];
  return [text.slice(0, end), element("span", { class: "tail" }, text.slice(end), marks)];
};

const sameWords = (one, other) => textOf(one).replace(/\s+/g, " ") === textOf(other).replace(/\s+/g, " ");

const sameMarks = (one, other) => String(listOf(one.citations)) === String(listOf(other.citations));

/** A question and its answer: two messages of the list. */
export class Exchange {
  #context;
  #strings;
  #sources;
  #claims = [];
  #question;
  #answer;
  #body = element("div", { class: "body" });
  #waiting;

  /**
   * @param {string} text
   * @param {{ lang: string, base: string, ask: (text: string) => void }} context
   */
  constructor(text, context) {
    this.#context = context;
    this.#strings = stringsFor(context.lang);
    this.#sources = new Sources(this.#strings, context.base);
    this.#waiting = element("p", { class: "waiting" }, this.#strings.searching, element("span", { class: "dots" }));
    this.#question = this.#message("question", this.#strings.you, element("p", { dir: "auto" }, text));
    this.#answer = this.#message("answer", this.#strings.assistant, this.#body, this.#waiting);
  }

  /** @returns {HTMLElement[]} the two list items */
  get messages() {
    return [this.#question, this.#answer];
  }

  get hasClaims() {
    return this.#claims.length > 0;
  }

  get sourceCount() {
    return this.#sources.count;
  }

  /**
   * Adds a judged sentence as soon as it arrives.
   * @param {{ text: string, citations: number[], sources?: unknown }} claim
   */
  addClaim(claim) {
    this.#sources.add(claim.sources);
    if (this.#claims.length && sameMarks(this.#claims.at(-1), claim)) {
      this.#body.lastElementChild?.querySelector(".marks")?.remove();
    }
    this.#claims.push(claim);
    this.#body.append(this.#paragraph(claim));
  }

  /**
   * Completes the answer.
   * @param {Record<string, any>} answer
   */
  finish(answer) {
    this.#speak(textOf(answer.lang) || this.#context.lang);
    this.#sources.add(answer.citations);
    this.#settleClaims(listOf(answer.claims));
    this.#body.classList.toggle("listed", answer.is_list === true);
    this.#waiting.remove();
    this.#answer.append(...this.#closing(answer));
    if (!isUrgent(answer.card)) return;
    this.#body.before(makeCard(answer.card, { strings: this.#strings, base: this.#context.base }));
  }

  /**
   * Leaves the answer as it is, and says why it ends.
   * @param {string} reason
   */
  end(reason) {
    this.#waiting.remove();
    const sources = this.#sources.list();
    this.#answer.append(element("p", { class: "ended" }, reason), ...(sources ? [sources] : []));
  }

  remove() {
    for (const message of this.messages) message.remove();
  }

  #message(kind, sender, ...content) {
    return element(
      "li",
      { class: `message ${kind}`, lang: this.#context.lang },
      element("p", { class: "sender" }, sender),
      ...content,
    );
  }

  // Of neighbours that rest on the same passages, the last carries the marks.
  #paragraph(claim, next) {
    const marks = next && sameMarks(claim, next) ? null : this.#sources.marks(claim.citations);
    return element("p", { class: "claim", dir: "auto" }, ...keepTogether(textOf(claim.text), marks));
  }

  // What was streamed stays in place, so that an open source card and the focus in it do too.
  #settleClaims(claims) {
    const isStreamed = (claim, at) => sameWords(claim.text, this.#claims[at].text);
    if (this.#claims.length === claims.length && claims.every(isStreamed)) return;
    this.#claims = claims;
    this.#body.replaceChildren(...claims.map((claim, at) => this.#paragraph(claim, claims[at + 1])));
  }

  #speak(lang) {
    if (lang === this.#context.lang || !Object.hasOwn(STRINGS, lang)) return;
    this.#strings = stringsFor(lang);
    for (const message of this.messages) message.setAttribute("lang", lang);
    this.#question.querySelector(".sender").textContent = this.#strings.you;
    this.#answer.querySelector(".sender").textContent = this.#strings.assistant;
  }

  #closing(answer) {
    const { card, message } = answer;
    const context = { strings: this.#strings, base: this.#context.base };
    const said = !textOf(message) || (isUrgent(card) && sameWords(message, card.text));
    const notices = listOf(answer.notices).map(textOf).filter(Boolean);
    return [
      !said && element("div", { class: this.hasClaims ? "fixed after" : "fixed" }, ...paragraphs(message)),
      notices.length > 0 &&
        element("div", { class: "notices" }, ...notices.map((notice) => element("p", { dir: "auto" }, notice))),
      card && !isUrgent(card) && makeCard(card, context),
      this.#sources.list(),
      makeChips(answer.suggestions, this.#strings.followUps, this.#context.ask),
    ].filter(Boolean);
  }
}
