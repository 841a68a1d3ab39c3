/** What a visitor may say about an answer. Nothing of the conversation goes along unless they tick it. */

import { disclose, element, icon, newId } from "./dom.js";

const REASONS = ["wrong", "unclear", "incomplete", "not_my_question", "unsafe", "other"];
const LONGEST = 500;

/** The row under an answer, and the form that two of its buttons open. */
export class Feedback {
  #t;
  #actions;
  #place = element("div", { class: "opinion" });
  /** @type {((isShown: boolean) => void)[]} */
  #shows = [];
  #thanks = element("p", { class: "thanks", role: "status" });

  /**
   * @param {Record<string, string>} strings
   * @param {{ rate: (opinion: object) => Promise<void>, copy: () => Promise<boolean> }} actions
   */
  constructor(strings, actions) {
    const t = strings;
    this.#t = t;
    this.#actions = actions;
    const bad = this.#button("bad", t.notHelpful);
    const problem = element("button", { type: "button", class: "report" }, t.report);
    this.root = element(
      "div",
      { class: "feedback", role: "group", "aria-label": t.aboutAnswer },
      this.#button("copy", t.copyAnswer, () => this.#copy()),
      this.#button("good", t.helpful, () => this.#rate({ rating: "helpful" })),
      bad,
      problem,
      this.#place,
      this.#thanks,
    );
    this.#offer(bad, "not_helpful");
    this.#offer(problem, "problem");
  }

  /**
   * @param {"copy" | "good" | "bad"} name
   * @param {string} label
   * @param {() => void} [click]
   */
  #button(name, label, click) {
    return element("button", { type: "button", class: "tool", "aria-label": label, title: label, click }, icon(name));
  }

  #offer(button, rating) {
    const form = this.#form(rating, () => {
      show(false);
      button.focus();
    });
    const show = disclose(button, form);
    button.addEventListener("click", () => {
      for (const other of this.#shows) if (other !== show) other(false);
      form.querySelector("input")?.focus();
    });
    this.#shows.push(show);
    this.#place.append(form);
  }

  #form(rating, close) {
    const t = this.#t;
    const isProblem = rating === "problem";
    const choice = (name, value, label) =>
      element("label", { class: "choice" }, element("input", { type: "checkbox", name, value }), element("span", {}, label));
    const warning = newId("warning");
    const comment = isProblem && [
      element("label", { class: "comment" }, t.comment, this.#comment(warning)),
      element("p", { class: "byline", id: warning }, t.commentWarning),
      choice("transcript", "yes", t.transcript),
    ];
    const form = element(
      "form",
      { submit: (event) => this.#submit(event, rating, close) },
      element(
        "fieldset",
        {},
        element("legend", {}, isProblem ? t.reportTitle : t.reasonsTitle),
        ...REASONS.map((reason) => choice("reason", reason, t[`reason_${reason}`])),
      ),
      ...(comment || []),
      element(
        "div",
        { class: "choices" },
        element("button", { type: "submit", class: "primary" }, t.sendFeedback),
        element("button", { type: "button", class: "quiet", click: close }, t.cancel),
      ),
    );
    return form;
  }

  #comment(warning) {
    return element("textarea", { name: "comment", rows: 3, maxlength: LONGEST, dir: "auto", "aria-describedby": warning });
  }

  #submit(event, rating, close) {
    event.preventDefault();
    const given = new FormData(event.target);
    const reasons = given.getAll("reason");
    const comment = String(given.get("comment") ?? "").trim();
    const opinion = { rating, reasons, ...(comment && { comment }), ...(given.has("transcript") && { transcript: true }) };
    return this.#rate(opinion, close);
  }

  async #rate(opinion, close = () => {}) {
    this.#say("");
    try {
      await this.#actions.rate(opinion);
    } catch (/** @type {any} */ error) {
      return this.#say(error.code === "session" ? this.#t.feedbackEnded : this.#t.feedbackFailed);
    }
    close();
    for (const button of this.root.querySelectorAll(":scope > button:not(:first-child)")) button.remove();
    this.#place.remove();
    this.#thanks.tabIndex = -1;
    this.#thanks.focus();
    return this.#say(this.#t.thanks);
  }

  async #copy() {
    this.#say((await this.#actions.copy()) ? this.#t.copied : this.#t.copyFailed);
  }

  #say(text) {
    this.#thanks.textContent = text;
  }
}
