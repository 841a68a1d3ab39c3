/** What a visitor reads when something could not be done, and how they go on. */

import { element } from "./dom.js";
import { clinicWays, helpWays, makeWays } from "./people.js";
import { fill } from "./strings.js";

const TEXTS = {
  offline: "errorOffline",
  unreachable: "errorUnreachable",
  timeout: "errorTimeout",
  busy: "errorBusy",
  refused: "errorRefused",
  consent: "errorConsent",
  session: "errorSession",
  origin: "errorOrigin",
  interrupted: "errorInterrupted",
};
// Two lines and the clinic's number fit above the input of a small screen; the third is one press away.
const HELP_LINES = 2;
const LONG_WAIT_S = 90;

/**
 * Returns what went wrong, in the visitor's words.
 * @param {{ code?: string, retryAfterS?: number }} error
 * @param {Record<string, string>} strings
 * @returns {string}
 */
export function explainError({ code = "", retryAfterS = 0 }, strings) {
  if (code === "busy" && retryAfterS > LONG_WAIT_S) return fill(strings.errorBusyLong, { n: Math.ceil(retryAfterS / 60) });
  if (code === "busy" && retryAfterS) return fill(strings.errorBusyFor, { n: retryAfterS });
  return strings[TEXTS[code] ?? "errorServer"];
}

/**
 * Makes the note above the input that says what went wrong, how to go on, and who can be reached meanwhile.
 * @param {import("./frame.js").Context} context
 * @param {string} text
 * @param {() => void} retry
 * @param {{ waitS?: number, label?: string }} [again] how long the retry button stays closed, and what it says
 * @returns {HTMLElement}
 */
export function makeTrouble(context, text, retry, { waitS = 0, label = context.strings.retry } = {}) {
  const { strings: t, config } = context;
  const again = element(
    "button",
    { type: "button", class: "primary retry", click: retry, disabled: waitS > 0 },
    label,
  );
  if (waitS > 0) setTimeout(() => (again.disabled = false), waitS * 1000);
  const phone = clinicWays(config?.clinic ?? {}, t).filter(({ href }) => href.startsWith("tel:"));
  return element(
    "div",
    { class: "banner trouble" },
    element("p", {}, text),
    again,
    element("p", { class: "byline" }, t.reach),
    makeWays([...phone, ...helpWays(t).slice(0, HELP_LINES)], context),
  );
}
