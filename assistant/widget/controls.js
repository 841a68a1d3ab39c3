/** What opens and closes. It is loaded with the first use, and knows what all other files of its release hash to. */

// The server fills this in: by entry, each file that it needs and its hash.
const FILES = "{{files}}";
const FOLDER = new URL(".", import.meta.url).href;

/**
 * The element `<clinic-assistant>`, as the loader made it.
 * @typedef {HTMLElement & {
 *   launcher: HTMLButtonElement, place: HTMLElement, setLanguage: (lang: string) => void, adopt: (css: string) => void,
 *   tell: (name: string, detail?: object) => void, call: (method: string, ...given: any[]) => Promise<any>,
 * }} Host
 */

/**
 * What a visitor sees: the panel itself, or the frame that holds it.
 * @typedef {{
 *   open: (quietly: boolean) => void, close: () => void, focus: () => void, draft: (text: string) => void,
 *   translate: () => void, leave: () => void,
 * }} View
 */

const fetchStyles = async (hash) => {
  const response = await fetch(`${FOLDER}panel.css`, { credentials: "omit", integrity: hash });
  if (!response.ok) throw new Error("no styles");
  return response.text();
};

// A browser refuses a module whose content is not what was announced.
const announce = ([name, integrity]) => {
  const link = document.createElement("link");
  Object.assign(link, { rel: "modulepreload", href: FOLDER + name, integrity, crossOrigin: "" });
  document.head.append(link);
};

/**
 * Loads the rest of the widget.
 * @param {Host} host
 * @param {string} base the address that `v1/` and `frame` are below
 * @returns {Promise<Controls>}
 */
export async function load(host, base) {
  const entry = host.getAttribute("mode") === "iframe" ? "framed.js" : "panel.js";
  const { "panel.css": styles, ...modules } = JSON.parse(FILES)[entry];
  Object.entries(modules).forEach(announce);
  const [{ Panel }, css] = await Promise.all([import(FOLDER + entry), fetchStyles(styles)]);
  host.adopt(css);
  return new Controls(host, new Panel(host, host.place, base));
}

/** What the button and the page may do. */
export class Controls {
  #host;
  #view;
  #isInline;

  /**
   * @param {Host} host
   * @param {View} view
   */
  constructor(host, view) {
    this.#host = host;
    this.#view = view;
    this.#isInline = host.getAttribute("mode") === "inline";
    host.launcher.hidden = this.#isInline;
  }

  get #isOpen() {
    return this.#host.launcher.getAttribute("aria-expanded") === "true";
  }

  /** @param {boolean} [quietly] whether the focus stays where it is */
  open(quietly = false) {
    if (this.#isOpen) return;
    this.#host.launcher.setAttribute("aria-expanded", "true");
    this.#view.open(quietly);
    this.#host.tell("open");
  }

  /** Brings the focus to where the visitor goes on. */
  focus() {
    this.#view.focus();
  }

  /** Closes the panel; the focus returns to the button. A panel that stands in the page stays. */
  close() {
    if (!this.#isOpen) return;
    this.#host.tell("close");
    if (this.#isInline) return;
    this.#host.launcher.setAttribute("aria-expanded", "false");
    this.#view.close();
    this.#host.launcher.focus();
  }

  toggle() {
    if (this.#isOpen) this.close();
    else this.open();
  }

  /**
   * Opens with a question in the input. It is the visitor who sends it.
   * @param {unknown} text
   */
  ask(text) {
    this.open();
    this.#view.draft(String(text));
  }

  translate() {
    this.#view.translate();
  }

  leave() {
    this.#view.leave();
  }
}
