/** The conversation on the screen: its messages, and where they scroll. */

import { element } from "./dom.js";
import { Exchange } from "./message.js";

/** The messages, newest last. */
export class Conversation {
  #messages = element("ol", { class: "messages", role: "list" });
  #log = element("div", { class: "log", role: "log", "aria-live": "off", tabindex: "0" }, this.#messages);
  /** @type {Exchange[]} */
  exchanges = [];

  get root() {
    return this.#log;
  }

  get isEmpty() {
    return !this.#messages.childElementCount;
  }

  /**
   * Shows the welcome while there is nothing else, and keeps its place when it is shown again.
   * @param {string} label
   * @param {HTMLElement} welcome
   */
  present(label, welcome) {
    const scrolled = this.#log.scrollTop;
    this.#log.setAttribute("aria-label", label);
    this.#log.replaceChildren(...(this.isEmpty ? [welcome] : []), this.#messages);
    requestAnimationFrame(() => (this.#log.scrollTop = scrolled));
  }

  /**
   * Adds a question. It goes to the top and the answer grows below it: what is being read never moves.
   * @param {string} text
   * @param {import("./message.js").Context} context
   * @returns {Exchange}
   */
  begin(text, context) {
    const exchange = new Exchange(text, context);
    this.exchanges.push(exchange);
    this.#log.querySelector(".welcome")?.remove();
    for (const message of this.#messages.children) /** @type {HTMLElement} */ (message).style.minHeight = "";
    const [question, answer] = exchange.messages;
    this.#messages.append(question, answer);
    const room = this.#log.clientHeight - question.offsetHeight - parseFloat(getComputedStyle(answer).marginTop);
    answer.style.minHeight = `${Math.max(room - 16, 0)}px`;
    this.#scrollTo(question);
    return exchange;
  }

  /** @param {Exchange} exchange */
  remove(exchange) {
    exchange.remove();
    this.exchanges = this.exchanges.filter((other) => other !== exchange);
  }

  clear() {
    this.exchanges = [];
    this.#messages.replaceChildren();
  }

  showLastCard() {
    const card = this.#messages.lastElementChild?.querySelector(".card");
    if (card) this.#scrollTo(card);
  }

  #scrollTo(part) {
    this.#log.scrollTop += part.getBoundingClientRect().top - this.#log.getBoundingClientRect().top - 8;
  }
}
