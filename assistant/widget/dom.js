/** Building blocks of the view. Text only ever becomes a text node; markup is never parsed. */

const SVG = "http://www.w3.org/2000/svg";
const SAFE_PROTOCOLS = ["http:", "https:", "tel:", "sms:", "mailto:"];

const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  remove: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.5 10.5v5.5M13.5 10.5v5.5",
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  stop: "M7.5 7.5h9v9h-9z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.6 3.7-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
  phone: "M6.5 3.5h3l1.5 4.5-2 1.5c1 2.3 3.2 4.5 5.5 5.5l1.5-2 4.5 1.5v3c0 1.1-.9 2-2 2C10.9 19.5 4.5 13.1 4.5 5.5c0-1.1.9-2 2-2Z",
  text: "M4 5.5h16v11h-8l-4.5 4v-4H4z",
  outside: "M13.5 5H19v5.5M19 5l-8.5 8.5M16.5 14v5h-11V8h5",
  heart: "M12 20s-7.5-4.6-7.5-10.2A4.1 4.1 0 0 1 12 7.4a4.1 4.1 0 0 1 7.5 2.4C19.5 15.4 12 20 12 20Z",
  alert: "M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17.2v.1",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  copy: "M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4",
  good: "M8 10.5 11.5 4c1.5 0 2.3 1.2 2 2.6l-.6 3h5.2c1.2 0 2 1 1.8 2.2l-1.2 6.2c-.2 1-1 1.7-2 1.7H8ZM4.5 10.5H8v9.2H4.5z",
  bad: "M16 13.5 12.5 20c-1.5 0-2.3-1.2-2-2.6l.6-3H5.9c-1.2 0-2-1-1.8-2.2l1.2-6.2c.2-1 1-1.7 2-1.7H16ZM19.5 13.5H16V4.3h3.5z",
  calendar: "M5 6.5h14v13H5zM5 10.5h14M8.5 4v4M15.5 4v4",
};

const isGiven = (value) => value !== null && value !== undefined && value !== false;

/**
 * Makes an element. Attributes that are `null`, `undefined` or `false` are left out; functions become listeners.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (isGiven(value)) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(.../** @type {(Node | string)[]} */ (children.filter((child) => isGiven(child) && child !== "")));
  return made;
}

/**
 * Draws a decorative icon.
 * @param {keyof typeof ICONS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * Returns what came over the wire as text, whatever it is.
 * @param {unknown} value
 * @returns {string}
 */
export const textOf = (value) => (typeof value === "string" || typeof value === "number" ? String(value).trim() : "");

/**
 * Returns what came over the wire as a list, empty if it is none.
 * @param {unknown} value
 * @returns {any[]}
 */
export const listOf = (value) => (Array.isArray(value) ? value : []);

/**
 * Returns an address that is safe to link to, or null.
 * @param {unknown} href
 * @param {string} base what a relative address is relative to
 * @returns {URL | null}
 */
export function safeAddress(href, base) {
  try {
    const address = new URL(textOf(href) || "about:blank", base);
    return SAFE_PROTOCOLS.includes(address.protocol) ? address : null;
  } catch {
    return null;
  }
}

const iconFor = (address) => {
  if (address.protocol === "tel:") return icon("phone");
  return address.protocol === "sms:" ? icon("text") : null;
};

/**
 * Makes a link, or plain text if its address is not safe. Pages open in a new tab, and say so.
 * @param {{ label: unknown, href: unknown, base: string, newTab: string, className?: string, shown?: boolean }} link
 * `newTab` is the phrase that says so; `shown` makes it visible in words, not only as an icon
 * @returns {HTMLAnchorElement | HTMLSpanElement}
 */
export function makeLink({ label, href, base, newTab, className, shown = false }) {
  const address = safeAddress(href, base);
  if (!address) return element("span", { class: className }, textOf(label));
  const isPage = address.protocol.startsWith("http");
  return element(
    "a",
    { class: className, href: address.href, rel: isPage && "noopener noreferrer", target: isPage && "_blank" },
    iconFor(address),
    element("span", {}, textOf(label)),
    isPage && element("span", { class: shown ? "aside" : "unseen" }, ` (${newTab})`),
    isPage && icon("outside"),
  );
}

/**
 * Lets a button show and hide a part of the panel; Escape hides it and returns to the button.
 * @param {HTMLElement} button
 * @param {HTMLElement} part
 * @returns {(isShown: boolean) => void} what shows or hides it from outside
 */
export function disclose(button, part) {
  part.id ||= newId("part");
  button.setAttribute("aria-controls", part.id);
  const show = (isShown) => {
    part.hidden = !isShown;
    button.setAttribute("aria-expanded", String(isShown));
  };
  const hide = (event) => {
    if (event.key !== "Escape" || part.hidden) return;
    event.stopPropagation();
    show(false);
    button.focus();
  };
  button.addEventListener("click", () => show(part.hidden));
  for (const place of [button, part]) place.addEventListener("keydown", hide);
  show(false);
  return show;
}

/**
 * Makes a paragraph for each stretch of text between blank lines.
 * @param {unknown} text
 * @returns {HTMLElement[]}
 */
export const paragraphs = (text) =>
  textOf(text)
    .split(/\n\s*\n/)
    .filter(Boolean)
    .map((stretch) => element("p", { dir: "auto" }, stretch));

let made = 0;

/**
 * Returns an id that no other element of the panel has.
 * @param {string} name
 * @returns {string}
 */
export const newId = (name) => `${name}-${(made += 1)}`;
