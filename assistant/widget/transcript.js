/** A conversation to keep: for the clipboard and for paper. That it was with an AI is always its first line. */

import { element, textOf } from "./dom.js";

const PAPER = `
body { margin: 2cm; font: 11pt/1.5 Georgia, serif; color: #000; background: #fff; }
p { white-space: pre-line; overflow-wrap: anywhere; }
.notice { padding: 8pt; border: 1pt solid; font-weight: bold; }
.question { font-weight: bold; margin-block-start: 2em; }
.source { font-size: 9pt; }
`;

/**
 * Returns a conversation as paragraphs, each with its kind.
 * @param {import("./message.js").Exchange[]} exchanges
 * @param {Record<string, string>} t
 * @param {string} notice
 * @returns {[string, string][]}
 */
export function writeTranscript(exchanges, t, notice) {
  const told = exchanges.flatMap(({ record }) => [
    ["question", `${t.you}: ${record.question}`],
    ["answer", `${t.assistant}: ${record.claims}`],
    ...[...record.rest, record.links.join(" · ")].map((text) => ["answer", text]),
    ...(record.sources.length ? [["source", [`${t.sources}:`, ...record.sources].join("\n")]] : []),
  ]);
  const written = told.map(([kind, text]) => [kind, textOf(text)]).filter(([, text]) => text);
  return /** @type {[string, string][]} */ ([["notice", notice], ...written]);
}

/**
 * Copies a transcript.
 * @param {[string, string][]} transcript
 * @returns {Promise<boolean>} whether the browser let us
 */
export const copyTranscript = (transcript) =>
  navigator.clipboard.writeText(transcript.map(([, text]) => text).join("\n\n")).then(
    () => true,
    () => false,
  );

/**
 * Prints a transcript from a page of its own, so that the site around the assistant is not on the paper.
 * @param {[string, string][]} transcript
 * @param {string} lang
 * @param {string} title
 */
export function printTranscript(transcript, lang, title) {
  const frame = element("iframe", { title, tabindex: -1, "aria-hidden": "true" });
  // Not hidden: Firefox prints only what has a place.
  Object.assign(frame.style, { position: "fixed", left: "-200vw", border: "0" });
  document.body.append(frame);
  const paper = /** @type {Window} */ (frame.contentWindow);
  const page = paper.document;
  const sheet = new paper["CSSStyleSheet"]();
  sheet.replaceSync(PAPER);
  page.adoptedStyleSheets = [sheet];
  page.title = title;
  page.documentElement.lang = lang;
  page.body.replaceChildren(...transcript.map(([kind, text]) => element("p", { class: kind, dir: "auto" }, text)));
  paper.addEventListener("afterprint", () => setTimeout(() => frame.remove()));
  paper.focus();
  paper.print();
}
