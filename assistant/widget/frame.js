/** The fixed parts of the panel: header, notice, consent, welcome, banners. */

import { element, icon, paragraphs, textOf } from "./dom.js";
import { makeChips } from "./message.js";
import { helpWays, makePeople, makeWays } from "./people.js";
import { fill } from "./strings.js";

/**
 * What a part needs to know: the strings and their language, the server's configuration (or none yet), its address.
 * @typedef {{ strings: Record<string, string>, lang: string, config: Record<string, any> | null, base: string }} Context
 */

const tool = (name, label, click, className = "tool") =>
  element("button", { type: "button", class: className, "aria-label": label, title: label, click }, icon(name));

/**
 * Makes the title and the tools beside it.
 * @param {Context} context
 * @param {{ canDelete: boolean }} state
 * @param {{ remove: () => void, switchLanguage: () => void, close: () => void }} actions
 * @returns {HTMLElement}
 */
export function makeHeader({ strings: t, lang, config }, { canDelete }, actions) {
  const clinic = textOf(config?.clinic?.name);
  return element(
    "div",
    { class: "header" },
    element("h2", { id: "panel-title" }, clinic ? fill(t.title, { clinic }) : t.assistant),
    canDelete && tool("remove", t.remove, actions.remove, "tool remove"),
    element(
      "button",
      {
        type: "button",
        class: "tool language",
        lang: lang === "en" ? "es" : "en",
        "aria-label": `${t.otherLanguage}: ${t.switchLanguage}`,
        title: t.switchLanguage,
        click: actions.switchLanguage,
      },
      t.otherLanguage,
    ),
    tool("close", t.close, actions.close),
  );
}

/**
 * Makes what never leaves the screen: that this is an AI, and the way to a person.
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function makeNotice(context) {
  const { strings: t, lang, config } = context;
  const ways = makePeople(config?.clinic ?? {}, context);
  const people = element("div", { class: "people", id: "people", hidden: true }, ...ways);
  const button = element(
    "button",
    { type: "button", class: "contact", "aria-expanded": "false", "aria-controls": "people" },
    icon("person"),
    t.contact,
  );
  const show = (isShown) => {
    people.hidden = !isShown;
    button.setAttribute("aria-expanded", String(isShown));
  };
  button.addEventListener("click", () => show(people.hidden));
  const notice = element(
    "div",
    { class: "notice" },
    element("p", {}, textOf(config?.notice?.[lang]) || t.notice),
    button,
    people,
  );
  notice.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || people.hidden) return;
    event.stopPropagation();
    show(false);
    button.focus();
  });
  return notice;
}

/**
 * Makes the question whether the visitor agrees. Nothing is sent before the answer is yes.
 * @param {Context} context
 * @param {{ agree: () => void, close: () => void }} actions
 * @returns {HTMLElement}
 */
export function makeConsent({ strings: t, lang, config }, actions) {
  return element(
    "div",
    { class: "page consent" },
    element("h3", { tabindex: "-1", class: "start" }, t.consentTitle),
    ...paragraphs(config?.consent?.[lang]),
    element(
      "div",
      { class: "choices" },
      element("button", { type: "button", class: "primary agree", click: actions.agree }, t.agree),
      element("button", { type: "button", class: "quiet", click: actions.close }, t.notNow),
    ),
  );
}

/**
 * Makes what an empty conversation shows.
 * @param {Context} context
 * @param {(text: string) => void} ask
 * @returns {HTMLElement}
 */
export const makeWelcome = ({ strings: t, lang, config }, ask) =>
  element(
    "div",
    { class: "welcome" },
    element("h3", {}, t.welcome),
    element("p", {}, t.welcomeText),
    makeChips(config?.suggestions?.[lang], t.examples, ask),
  );

/**
 * Makes the page that is shown while the configuration is on its way, or when it could not be had.
 * @param {Context} context
 * @param {{ failed: boolean }} state
 * @param {() => void} retry
 * @returns {HTMLElement}
 */
export function makeWaiting(context, { failed }, retry) {
  const { strings: t } = context;
  if (!failed) {
    return element("div", { class: "page" }, element("p", { class: "start waiting", tabindex: "-1" }, t.loading));
  }
  return element(
    "div",
    { class: "page" },
    element("h3", { class: "start", tabindex: "-1" }, t.errorConfig),
    element("p", {}, t.reach),
    makeWays(helpWays(t), context),
    element("div", { class: "choices" }, element("button", { type: "button", class: "primary", click: retry }, t.retry)),
  );
}

/**
 * Makes the question whether the chat is really to be deleted.
 * @param {Context} context
 * @param {{ yes: () => void, no: () => void }} actions
 * @returns {HTMLElement}
 */
export const makeRemoval = ({ strings: t }, actions) =>
  element(
    "div",
    { class: "banner removal", role: "group", "aria-labelledby": "removal-title" },
    element("p", { id: "removal-title" }, element("strong", {}, t.removeTitle), ` ${t.removeText}`),
    element(
      "div",
      { class: "choices" },
      element("button", { type: "button", class: "primary", click: actions.yes }, t.removeYes),
      element("button", { type: "button", class: "quiet", click: actions.no }, t.removeNo),
    ),
  );
