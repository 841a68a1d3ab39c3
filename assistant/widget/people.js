/** Ways to a person: the clinic's own, and the help lines. */

import { element, makeLink, textOf } from "./dom.js";
import { fill } from "./strings.js";

const telephone = (phone) => `tel:${phone.replace(/[^+\d]/g, "")}`;

/**
 * Returns the links to the clinic that are known.
 * @param {Record<string, any>} clinic
 * @param {Record<string, string>} t
 * @returns {{ label: string, href: string }[]}
 */
export function clinicWays(clinic, t) {
  const phone = textOf(clinic.phone);
  const ways = [
    { label: fill(t.callClinic, { phone }), href: phone && telephone(phone) },
    { label: t.book, href: textOf(clinic.booking_url) },
    { label: t.contactPage, href: textOf(clinic.contact_url) },
  ];
  return ways.filter(({ href }) => href);
}

/**
 * Returns the help lines that are open to everybody.
 * @param {Record<string, string>} t
 * @returns {{ label: string, href: string }[]}
 */
export const helpWays = (t) => [
  { label: t.call988, href: "tel:988" },
  { label: t.text988, href: t.sms988 },
  { label: t.call911, href: "tel:911" },
];

/**
 * Makes a row of links.
 * @param {{ label: string, href: string }[]} ways
 * @param {{ strings: Record<string, string>, base: string }} context
 * @returns {HTMLElement}
 */
export const makeWays = (ways, { strings, base }) =>
  element(
    "ul",
    { class: "ways", role: "list" },
    ...ways.map((way) => element("li", {}, makeLink({ ...way, base, newTab: strings.newTab, className: "way" }))),
  );

/**
 * Makes what "Contact a person" opens.
 * @param {Record<string, any>} clinic
 * @param {{ strings: Record<string, string>, base: string }} context
 * @returns {HTMLElement[]}
 */
export function makePeople(clinic, context) {
  const { strings: t } = context;
  const ways = clinicWays(clinic, t);
  const name = { clinic: textOf(clinic.name) };
  return [
    element("h3", {}, fill(t.contactClinic, name)),
    ways.length ? makeWays(ways, context) : element("p", {}, fill(t.contactUnknown, name)),
    ...(textOf(clinic.hours) ? [element("p", { class: "byline" }, textOf(clinic.hours))] : []),
    element("h3", {}, t.crisisHelp),
    makeWays(helpWays(t), context),
  ];
}
