/** What is said to those who listen. The regions stand in the page before they are needed. */

import { element } from "./dom.js";

const FORGET_MS = 15_000;

/** Three regions that are heard and not seen. */
export class Announcer {
  #regions = {
    status: element("div", { role: "status", "aria-live": "polite", "aria-atomic": "true" }),
    answer: element("div", { "aria-live": "polite", "aria-atomic": "true" }),
    alert: element("div", { role: "alert", "aria-atomic": "true" }),
  };
  #timers = {};

  /** The element that holds the regions. */
  root = element("div", { class: "unseen" }, ...Object.values(this.#regions));

  /**
   * Says a text once. It is cleared later, so that nobody meets it again when reading the page.
   * @param {"status"|"answer"|"alert"} region
   * @param {string} text
   * @param {string} lang
   */
  say(region, text, lang) {
    const place = this.#regions[region];
    place.setAttribute("lang", lang);
    place.textContent = text;
    clearTimeout(this.#timers[region]);
    this.#timers[region] = setTimeout(() => place.replaceChildren(), FORGET_MS);
  }

  /** Forgets what was said. */
  clear() {
    for (const place of Object.values(this.#regions)) place.replaceChildren();
  }
}
