/** Cards: a way to people, beside or instead of an answer. */

import { element, icon, listOf, makeLink, newId, paragraphs, textOf } from "./dom.js";

const KINDS = { consultation: "calendar", crisis: "heart", emergency: "alert" };
const URGENT = ["crisis", "emergency"];

/**
 * @typedef {{ kind: string, title: string, text: string, links: { label: string, href: string }[] }} Card
 */

/**
 * @param {Card | null | undefined} card
 * @returns {boolean} whether it has to be said at once
 */
export const isUrgent = (card) => URGENT.includes(card?.kind ?? "");

/**
 * Makes a card's links.
 * @param {Card} card
 * @param {{ strings: Record<string, string>, base: string }} context
 * @returns {(HTMLAnchorElement | HTMLSpanElement)[]}
 */
export const cardLinks = (card, { strings, base }) =>
  listOf(card.links).map(({ label, href } = {}) =>
    makeLink({ label, href, base, newTab: strings.newTab, className: "way" }),
  );

/**
 * Makes a card. It is announced by the panel's alert region, which stood there before.
 * @param {Card} card
 * @param {{ strings: Record<string, string>, base: string }} context
 * @returns {HTMLElement}
 */
export function makeCard(card, context) {
  const title = newId("card");
  const kind = Object.hasOwn(KINDS, card.kind) ? card.kind : "consultation";
  const links = cardLinks(card, context).map((link) => element("li", {}, link));
  return element(
    "section",
    { class: `card ${kind}`, "aria-labelledby": title },
    element("h3", { id: title }, icon(KINDS[kind]), element("span", { dir: "auto" }, textOf(card.title))),
    ...paragraphs(card.text),
    links.length > 0 && element("ul", { class: "ways", role: "list" }, ...links),
  );
}
