/** The fixed parts of the panel: header, notice, consent, welcome, banners. */

import { disclose, element, icon, paragraphs, textOf } from "./dom.js";
import { makeChips } from "./message.js";
import { clinicWays, helpWays, makePeople, makeWays } from "./people.js";
import { fill } from "./strings.js";

/**
 * What a part needs to know: the strings and their language, the server's configuration (or none yet), its address.
 * @typedef {{ strings: Record<string, string>, lang: string, config: Record<string, any> | null, base: string }} Context
 */

const tool = (name, label, click, className = "tool") =>
  element("button", { type: "button", class: className, "aria-label": label, title: label, click }, icon(name));

/**
 * Makes the title and the tools beside it. Of the actions, those that are missing are not offered.
 * @param {Context} context
 * @param {Record<string, (() => void) | false>} actions `close`, `switchLanguage`, and by their strings' names the menu's
 * @returns {HTMLElement}
 */
export function makeHeader({ strings: t, lang, config }, { close, switchLanguage, ...others }) {
  const clinic = textOf(config?.clinic?.name);
  const offered = Object.entries(others).filter(([, act]) => act);
  const menu = element("ul", { class: "menu", role: "list", "aria-label": t.more });
  const more = tool("more", t.more, null, "tool more");
  const show = disclose(more, menu);
  const item = ([name, act]) => {
    const click = () => {
      show(false);
      more.focus();
      act();
    };
    return element("li", {}, element("button", { type: "button", click }, t[name]));
  };
  menu.append(...offered.map(item));
  return element(
    "div",
    { class: "header" },
    element("h2", { id: "panel-title" }, clinic ? fill(t.title, { clinic }) : t.assistant),
    element(
      "button",
      {
        type: "button",
        class: "tool language",
        lang: lang === "en" ? "es" : "en",
        "aria-label": `${t.otherLanguage}: ${t.switchLanguage}`,
        title: t.switchLanguage,
        click: /** @type {() => void} */ (switchLanguage),
      },
      t.otherLanguage,
    ),
    offered.length > 0 && more,
    close && tool("close", t.close, close),
    offered.length > 0 && menu,
  );
}

/**
 * Makes what never leaves the screen: that this is an AI, and the way to a person.
 * @param {Context} context
 * @param {() => void} onContact
 * @returns {HTMLElement}
 */
export function makeNotice(context, onContact) {
  const { strings: t, config } = context;
  const ways = makePeople(config?.clinic ?? {}, context);
  const people = element("div", { class: "people" }, ...ways);
  const button = element("button", { type: "button", class: "contact", click: onContact }, icon("person"), t.contact);
  disclose(button, people);
  return element("div", { class: "notice" }, element("p", {}, noticeOf(context)), button, people);
}

/**
 * Returns the words that say that this is an AI: the clinic's, or ours until they are known.
 * @param {Context} context
 * @returns {string}
 */
export const noticeOf = ({ strings: t, lang, config }) => textOf(config?.notice?.[lang]) || t.notice;

/**
 * Makes the question whether the visitor agrees. Nothing is sent before the answer is yes.
 * @param {Context} context
 * @param {string} reason why it is asked again, if it is
 * @param {{ agree: () => void, close: (() => void) | false }} actions
 * @returns {HTMLElement}
 */
export function makeConsent({ strings: t, lang, config }, reason, { agree, close }) {
  return element(
    "div",
    { class: "page consent" },
    element("h3", { tabindex: "-1", class: "start" }, t.consentTitle),
    reason && element("p", {}, element("strong", {}, reason)),
    ...paragraphs(config?.consent?.[lang]),
    element(
      "div",
      { class: "choices" },
      element("button", { type: "button", class: "primary agree", click: agree }, t.agree),
      close && element("button", { type: "button", class: "quiet", click: close }, t.notNow),
    ),
  );
}

/**
 * Makes what an empty conversation shows: questions to begin with, or where to turn while the assistant is off.
 * @param {Context} context
 * @param {(text: string) => void} ask
 * @returns {HTMLElement}
 */
export function makeWelcome(context, ask) {
  const { strings: t, lang, config } = context;
  const isOff = config?.open === false;
  return element(
    "div",
    { class: "welcome" },
    element("h3", {}, isOff ? t.off : t.welcome),
    element("p", {}, isOff ? t.offText : t.welcomeText),
    isOff
      ? makeWays([...clinicWays(config?.clinic ?? {}, t), ...helpWays(t)], context)
      : makeChips(config?.suggestions?.[lang], t.examples, ask),
  );
}

/**
 * Makes the page that is shown while the configuration is on its way, or when it could not be had.
 * @param {Context} context
 * @param {{ code?: string } | null} failure
 * @param {() => void} retry
 * @returns {HTMLElement}
 */
export function makeWaiting(context, failure, retry) {
  const { strings: t } = context;
  if (!failure) {
    return element("div", { class: "page" }, element("p", { class: "start waiting", tabindex: "-1" }, t.loading));
  }
  const isOutdated = failure.code === "protocol";
  const click = isOutdated ? () => location.reload() : retry;
  return element(
    "div",
    { class: "page" },
    element("h3", { class: "start", tabindex: "-1" }, isOutdated ? t.errorProtocol : t.errorConfig),
    element("p", {}, t.reach),
    makeWays(helpWays(t), context),
    element(
      "div",
      { class: "choices" },
      element("button", { type: "button", class: "primary", click }, isOutdated ? t.reload : t.retry),
    ),
  );
}

/**
 * Makes the question whether the chat is really to be deleted.
 * @param {Context} context
 * @param {"remove" | "withdraw"} wish
 * @param {{ yes: () => void, no: () => void }} actions
 * @returns {HTMLElement}
 */
export const makeRemoval = ({ strings: t }, wish, actions) =>
  element(
    "div",
    { class: "banner removal", role: "group", "aria-labelledby": "removal-title" },
    element("p", { id: "removal-title" }, element("strong", {}, t[`${wish}Title`]), ` ${t.removeText}`),
    element(
      "div",
      { class: "choices" },
      element("button", { type: "button", class: "primary", click: actions.yes }, t[`${wish}Yes`]),
      element("button", { type: "button", class: "quiet", click: actions.no }, t.removeNo),
    ),
  );
