/** One question and its answer in the conversation. */

import { makeCard, isUrgent } from "./card.js";
import { element, listOf, paragraphs, textOf } from "./dom.js";
import { Feedback } from "./feedback.js";
import { Sources } from "./source.js";
import { STRINGS, stringsFor } from "./strings.js";

const LONGEST_TAIL = 16;

/**
 * What a conversation offers to its messages.
 * @typedef {{
 *   lang: string, base: string, ask: (text: string) => void, copy: (exchange: Exchange) => Promise<boolean>,
 *   rate: (opinion: object) => Promise<void>,
 * }} Context
 */

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
  #closing = {};
  #ended = "";
  #text;
  #question;
  #answer;
  #body = element("div", { class: "body", dir: "auto" });
  #waiting;

  /**
   * @param {string} text
   * @param {Context} context
   */
  constructor(text, context) {
    this.#text = text;
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

  /** What was asked and said, for a copy of the conversation. */
  get record() {
    const { message, card, notices, is_list: isList } = this.#closing;
    const sentences = this.#claims.map(({ text, citations }) => `${textOf(text)} [${this.#sources.numbers(citations).join(", ")}]`);
    return {
      question: this.#text,
      claims: isList ? sentences.map((sentence) => `- ${sentence}`).join("\n") : sentences.join(" "),
      rest: [card?.title, card?.text, message === card?.text ? "" : message, ...listOf(notices), this.#ended],
      links: listOf(card?.links).map(({ label }) => label),
      sources: this.#sources.lines,
    };
  }

  /**
   * Adds a judged sentence as soon as it arrives.
   * @param {{ text: string, citations: number[], sources?: unknown }} claim
   */
  addClaim(claim) {
    this.#sources.add(claim.sources);
    this.#claims.push(claim);
    this.#show(claim);
  }

  /**
   * Completes the answer.
   * @param {Record<string, any>} answer
   */
  finish(answer) {
    this.#closing = answer;
    this.#speak(textOf(answer.lang) || this.#context.lang);
    this.#sources.add(answer.citations);
    this.#settleClaims(listOf(answer.claims));
    if (answer.is_list === true) this.#showAsList();
    this.#waiting.remove();
    this.#answer.append(...this.#makeClosing(answer));
    if (!isUrgent(answer.card)) return;
    this.#body.before(makeCard(answer.card, { strings: this.#strings, base: this.#context.base }));
  }

  /**
   * Leaves the answer as it is, and says why it ends.
   * @param {string} reason
   */
  end(reason) {
    this.#ended = reason;
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

  // Of neighbours that rest on the same passages, the last carries the marks; in a list each item has its own.
  #show(claim) {
    const before = this.#body.lastElementChild;
    const last = this.#claims[this.#body.childElementCount - 1];
    if (before && sameMarks(last, claim)) before.classList.add("joined");
    const marks = this.#sources.marks(claim.citations);
    this.#body.append(element("span", { class: "claim" }, ...keepTogether(textOf(claim.text), marks)), " ");
  }

  #showAsList() {
    this.#body.classList.add("listed");
    this.#body.setAttribute("role", "list");
    for (const item of this.#body.children) item.setAttribute("role", "listitem");
  }

  // What was streamed stays in place, so that an open source card and the focus in it do too.
  #settleClaims(claims) {
    const isStreamed = (claim, at) => sameWords(claim.text, this.#claims[at].text);
    if (this.#claims.length === claims.length && claims.every(isStreamed)) return;
    this.#claims = claims;
    this.#body.replaceChildren();
    for (const claim of claims) this.#show(claim);
  }

  #speak(lang) {
    if (lang === this.#context.lang || !Object.hasOwn(STRINGS, lang)) return;
    this.#strings = stringsFor(lang);
    for (const message of this.messages) message.setAttribute("lang", lang);
    // Who speaks is the first line of each message.
    const [question, answer] = this.messages.map((message) => /** @type {Element} */ (message.firstElementChild));
    question.textContent = this.#strings.you;
    answer.textContent = this.#strings.assistant;
  }

  #makeClosing(answer) {
    const { card, message } = answer;
    const { base, ask, rate, copy } = this.#context;
    const said = !textOf(message) || (isUrgent(card) && sameWords(message, card.text));
    const notices = listOf(answer.notices).map(textOf).filter(Boolean);
    const opinion = { rate: (given) => rate({ ...given, answer: textOf(answer.id), session: textOf(answer.session) }), copy: () => copy(this) };
    return [
      !said && element("div", { class: this.hasClaims ? "fixed after" : "fixed" }, ...paragraphs(message)),
      notices.length > 0 &&
        element("div", { class: "notices" }, ...notices.map((notice) => element("p", { dir: "auto" }, notice))),
      card && !isUrgent(card) && makeCard(card, { strings: this.#strings, base }),
      this.#sources.list(),
      new Feedback(this.#strings, opinion).root,
      makeChips(answer.suggestions, this.#strings.followUps, ask),
    ].filter(Boolean);
  }
}
