/* Puts the assistant's button on a page. Everything else is loaded when a visitor first opens it. */
(() => {
  const TAG = "clinic-assistant";
  if (customElements.get(TAG)) return;

  // The server fills these in: where the rest of this release is, what it must hash to, and the button's style.
  const PATH = "{{controls}}";
  const HASH = "{{integrity}}";
  const CSS = "{{launcher.css}}";

  const script = /** @type {HTMLScriptElement} */ (
    document.currentScript ?? document.querySelector('script[src*="widget.js"]')
  );
  const base = script.src.replace(/(widget\/\w+\/)?widget\.js.*$/, "");

  // Read before the catalogue of strings is loaded.
  const LABELS = {
    en: ["Chat assistant", "Ask our assistant", "Not available. In a crisis, call or text 988. Emergency: 911."],
    es: ["Asistente de chat", "Pregunte al asistente", "No disponible. En una crisis, llame al 988 y oprima 2. Emergencia: 911."],
  };

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    made.append(...children);
    return made;
  };

  const COLOURS = ["accent", "on-accent", "bg", "fg"];
  // What is written on what; 4.5 : 1 is needed to read it (WCAG 1.4.3).
  const PAIRS = "on-accent/accent accent/bg accent/soft fg/bg fg/soft muted/bg muted/soft";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const canvas = make("canvas").getContext("2d", { willReadFrequently: true });

  const luminance = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const { data } = canvas.getImageData(0, 0, 1, 1);
    const [r, g, b] = [...data].map((part) => (part > 10 ? ((part / 255 + 0.055) / 1.055) ** 2.4 : part / 3295));
    return 0.05 + 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  /** `<clinic-assistant>`: the button, and the place where the panel opens. */
  class ClinicAssistant extends HTMLElement {
    launcher = make("button", { class: "launcher", "aria-expanded": false, "aria-controls": "panel" });
    place = make("div", { id: "panel", hidden: "" });
    #region = make("div", { class: "assistant", role: "region" }, this.launcher, this.place);
    #failed = make("p", { class: "failed", role: "alert" });
    #loading;

    connectedCallback() {
      // Two of them on one page would be two voices for one visitor.
      if (this.shadowRoot || document.querySelector(TAG) !== this) return;
      this.#region.append(this.#failed);
      this.attachShadow({ mode: "open" }).append(this.#region);
      this.adopt(CSS);
      const wish = this.getAttribute("lang") || "auto";
      const known = wish === "auto" ? document.documentElement.lang || navigator.language : wish;
      this.setLanguage(/^es/i.test(known) ? "es" : "en");
      this.launcher.onclick = () => this.call("toggle");
      document.addEventListener("focusin", ({ target }) => this.#stepAside(target));
      dark.onchange = () => this.paint();
      this.paint();
      if (this.getAttribute("mode") === "inline") this.call("open", true);
      this.tell("ready");
    }

    disconnectedCallback() {
      this.#loading?.then((controls) => controls?.leave());
    }

    // What the keyboard reaches below the button has to be seen (WCAG 2.4.11).
    #stepAside(target) {
      const at = target.getBoundingClientRect();
      const mine = this.launcher.getBoundingClientRect();
      const covered = at.top >= mine.top && at.left >= mine.left && at.bottom <= mine.bottom && at.right <= mine.right;
      this.launcher.classList.toggle("covering", covered && target !== this);
    }

    /** Takes the page's look, but none of its colours if one pair of them cannot be read. */
    paint() {
      const theme = this.getAttribute("theme");
      this.toggleAttribute("dark", theme === "dark" || (theme !== "light" && dark.matches));
      for (const name of [...COLOURS, "inset-block", "inset-inline"]) {
        this.style.setProperty(`--ca-${name}`, this.getAttribute(name));
      }
      const accent = this.getAttribute("accent");
      if (accent && !this.getAttribute("on-accent")) {
        this.style.setProperty("--ca-on-accent", luminance(accent) > 0.23 ? "#000" : "#fff");
      }
      const { style } = this.#region;
      const read = (name) => {
        style.color = `var(--${name})`;
        return luminance(getComputedStyle(this.#region).color);
      };
      const failing = PAIRS.split(" ").find((pair) => {
        const [low, high] = pair.split("/").map(read).sort((a, b) => a - b);
        return high < 4.5 * low;
      });
      style.color = "";
      if (!failing) return;
      console.warn(`${TAG}: too little contrast: ${failing}`);
      for (const name of COLOURS) this.style.setProperty(`--ca-${name}`, "initial", "important");
    }

    /** Does what can only be done when the panel is loaded. */
    async call(method, ...given) {
      this.#loading ??= this.#load().catch(() => {
        this.#loading = null;
        this.#failed.textContent = LABELS[this.lang][2];
        this.tell("error", { code: "not_loaded" });
      });
      return (await this.#loading)?.[method](...given);
    }

    setLanguage(lang) {
      if (!LABELS[lang]) return;
      const [region, launch] = LABELS[lang];
      this.lang = lang;
      this.#region.ariaLabel = region;
      this.launcher.textContent = this.getAttribute("label") || launch;
      this.#loading?.then((controls) => controls?.translate());
    }

    /** Tells the page what happened: ids, counts and codes, never text. */
    tell(name, detail = {}) {
      this.dispatchEvent(new CustomEvent(`${TAG}:${name}`, { bubbles: true, composed: true, detail }));
    }

    /** Adds styles in the way that a strict content security policy allows. */
    adopt(css) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.shadowRoot?.adoptedStyleSheets.push(sheet);
    }

    async #load() {
      // Loaded ahead with its hash, so that the browser refuses what is not this release's.
      document.head.append(make("link", { rel: "modulepreload", href: base + PATH, integrity: HASH, crossorigin: "" }));
      const { load } = await import(base + PATH);
      this.#failed.textContent = "";
      return load(this, base);
    }
  }

  customElements.define(TAG, ClinicAssistant);

  const find = () => /** @type {any} */ (document.querySelector(TAG));
  const api = {
    on: (name, listener) => document.addEventListener(`${TAG}:${name}`, listener),
    off: (name, listener) => document.removeEventListener(`${TAG}:${name}`, listener),
    destroy: () => find()?.remove(),
    setLanguage: (lang) => find()?.setLanguage(lang),
  };
  for (const method of ["open", "close", "toggle", "ask"]) {
    api[method] = (...given) => find()?.call(method, ...given);
  }
  window["ClinicAssistant"] = Object.freeze(api);

  const place = () => {
    if (find()) return;
    const made = make(TAG);
    for (const { name, value } of script.attributes) if (/^data-/.test(name)) made.setAttribute(name.slice(5), value);
    document.body.append(made);
  };
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
