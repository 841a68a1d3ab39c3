/** Where the visitor types. */

import { element, icon, newId } from "./dom.js";
import { fill } from "./strings.js";

const LONGEST = 1000;
const COUNT_FROM = 900;

/** The input, its counter, and the button that sends or stops. */
export class Composer {
  #strings;
  #actions;
  #isBusy = false;
  #counter = element("p", { class: "counter", id: newId("counter") });
  #submit = element("button", { type: "submit", class: "send" });
  #text;

  /**
   * @param {Record<string, string>} strings
   * @param {{ send: (text: string) => void, stop: () => void }} actions
   */
  constructor(strings, actions) {
    this.#strings = strings;
    this.#actions = actions;
    const id = newId("question");
    this.#text = element("textarea", {
      id,
      rows: 1,
      maxlength: LONGEST,
      placeholder: strings.placeholder,
      autocomplete: "off",
      enterkeyhint: "send",
      dir: "auto",
      "aria-describedby": this.#counter.id,
      input: () => this.#refresh(),
      keydown: (event) => this.#sendOnEnter(event),
    });
    this.root = element(
      "form",
      { class: "composer", submit: (event) => this.#onSubmit(event) },
      element("label", { class: "unseen", for: id }, strings.composer),
      element("div", { class: "field" }, this.#text, this.#submit),
      this.#counter,
    );
    this.#refresh();
  }

  get value() {
    return this.#text.value;
  }

  set value(text) {
    this.#text.value = text.slice(0, LONGEST);
    this.#refresh();
  }

  /** @param {boolean} isBusy whether an answer is on its way, so that the button stops it */
  set busy(isBusy) {
    this.#isBusy = isBusy;
    this.#refresh();
  }

  focus() {
    this.#text.focus();
  }

  #refresh() {
    const t = this.#strings;
    const left = LONGEST - this.#text.value.length;
    this.#counter.textContent = this.#text.value.length >= COUNT_FROM ? fill(t.left, { n: left }) : "";
    this.#submit.disabled = !this.#isBusy && !this.#text.value.trim();
    this.#submit.setAttribute("aria-label", this.#isBusy ? t.stop : t.send);
    this.#submit.replaceChildren(icon(this.#isBusy ? "stop" : "send"));
    this.#text.style.setProperty("height", "auto");
    if (this.#text.scrollHeight) this.#text.style.setProperty("height", `${this.#text.scrollHeight}px`);
  }

  #sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.#isBusy) this.#send();
  }

  #onSubmit(event) {
    event.preventDefault();
    // A button that the visitor just pressed may be disabled a moment later, and focus would fall to the page.
    this.focus();
    if (this.#isBusy) this.#actions.stop();
    else this.#send();
  }

  #send() {
    const text = this.#text.value.trim();
    if (text) this.#actions.send(text);
  }
}
