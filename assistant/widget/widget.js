/* Puts the assistant's button on a page. Everything else is loaded when a visitor first opens it. */
(() => {
  const TAG = "clinic-assistant";
  if (customElements.get(TAG)) return;

  const script = document.currentScript ?? document.querySelector('script[src$="/widget.js"]');
  const base = new URL(".", script.src).href;

  // Read before the catalogue of strings is loaded.
  const LABELS = {
    en: {
      region: "Chat assistant",
      launch: "Ask our assistant",
      failed: "The assistant could not be loaded. In a crisis, call or text 988. In an emergency, call 911.",
    },
    es: {
      region: "Asistente de chat",
      launch: "Pregunte al asistente",
      failed:
        "No se pudo cargar el asistente. En una crisis, llame al 988 y oprima 2. En una emergencia, llame al 911.",
    },
  };

  // `!important` inside a shadow root beats `!important` of the page around it.
  const CSS = `
:host {
  all: initial !important;
  position: fixed !important;
  z-index: var(--ca-z, 2147482000) !important;
  display: block !important;
  color-scheme: light dark !important;
  --accent: var(--ca-accent, #0c6763);
  --on-accent: var(--ca-on-accent, #ffffff);
  --bg: var(--ca-bg, #ffffff);
  --fg: var(--ca-fg, #14282b);
  --line: #d5e0e0;
  --inset-block: var(--ca-inset-block, 20px);
  --inset-inline: var(--ca-inset-inline, 20px);
  --font: var(--ca-font, system-ui, sans-serif);
}
@media (prefers-color-scheme: dark) {
  :host {
    --accent: var(--ca-accent, #7ad6cc);
    --on-accent: var(--ca-on-accent, #04211f);
    --bg: var(--ca-bg, #11191b);
    --fg: var(--ca-fg, #e7efef);
    --line: #2d3b3e;
  }
}
.assistant { font: 1em/1.5 var(--font); color: var(--fg); }
.launcher {
  position: fixed;
  inset-block-end: calc(var(--inset-block) + env(safe-area-inset-bottom, 0px));
  inset-inline: auto var(--inset-inline);
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 10px;
  box-sizing: border-box;
  min-inline-size: 56px;
  min-block-size: 56px;
  max-inline-size: calc(100vw - 2 * var(--inset-inline));
  padding: 8px 22px 8px 18px;
  border: 1px solid transparent;
  border-radius: 28px;
  background: var(--accent);
  color: var(--on-accent);
  font: 600 1em/1.3 var(--font);
  cursor: pointer;
  box-shadow: 0 8px 24px rgb(6 30 32 / 25%);
}
.launcher:hover { filter: brightness(1.08); }
.launcher:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.launcher svg { flex: none; inline-size: 24px; fill: none; stroke: currentColor; stroke-width: 1.8; }
.failed {
  position: fixed;
  inset-block-end: calc(var(--inset-block) + 68px);
  inset-inline: auto var(--inset-inline);
  max-inline-size: min(18em, 80vw);
  padding: 16px;
  margin: 0;
  background: var(--bg);
  outline: 1px solid;
}
.failed:empty { display: none; }
:host([position="bottom-left"]) :is(.launcher, .failed) { inset-inline: var(--inset-inline) auto; }
@media print { :host { display: none !important; } }
`;

  const ICON =
    "M4 5.5h16a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 20 17.5h-8.5L6.5 21.5v-4H4A1.5 1.5 0 0 1 2.5 16V7A1.5 1.5 0 0 1 4 5.5ZM7.5 10h9M7.5 13.5h5.5";

  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const drawIcon = () => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS(svg.namespaceURI, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICON);
    svg.append(path);
    return svg;
  };

  const chooseLanguage = (wish) => {
    const known = wish && wish !== "auto" ? wish : document.documentElement.lang || navigator.language;
    return known.toLowerCase().startsWith("es") ? "es" : "en";
  };

  /** `<clinic-assistant>`: the button, and the place where the panel opens. */
  class ClinicAssistant extends HTMLElement {
    #region = make("div", { class: "assistant", role: "region" });
    #launcher = make("button", { class: "launcher", type: "button", "aria-expanded": "false", "aria-controls": "panel" });
    #place = make("div", { id: "panel", hidden: "" });
    #failed = make("p", { class: "failed", role: "alert" });
    #loading = null;

    connectedCallback() {
      // Two of them on one page would be two voices for one visitor.
      if (this.shadowRoot || document.querySelector(TAG) !== this) return;
      const root = this.attachShadow({ mode: "open" });
      this.adoptStyles(CSS);
      this.#region.append(this.#launcher, this.#place, this.#failed);
      root.append(this.#region);
      this.setLanguage(chooseLanguage(this.getAttribute("lang")));
      this.#launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
      this.tell("ready");
    }

    get isOpen() {
      return this.#launcher.getAttribute("aria-expanded") === "true";
    }

    async open() {
      const panel = await this.#load();
      if (!panel || this.isOpen) return panel;
      this.#launcher.setAttribute("aria-expanded", "true");
      panel.open();
      this.tell("open");
      return panel;
    }

    /** Closes the panel; the focus returns to the button. */
    async close() {
      if (!this.isOpen) return;
      const panel = await this.#loading;
      this.#launcher.setAttribute("aria-expanded", "false");
      panel.close();
      this.#launcher.focus();
      this.tell("close");
    }

    /** Opens with a question, which waits in the input until the visitor has agreed. */
    async ask(text) {
      (await this.open())?.ask(String(text));
    }

    setLanguage(lang) {
      const { launch, region } = LABELS[lang];
      this.setAttribute("lang", lang);
      this.#region.setAttribute("aria-label", region);
      this.#launcher.replaceChildren(drawIcon(), make("span", {}, launch));
    }

    /** Tells the page what happened: ids, counts and codes, never text. */
    tell(name, detail = {}) {
      this.dispatchEvent(new CustomEvent(`${TAG}:${name}`, { bubbles: true, composed: true, detail }));
    }

    /** Adds styles in the way that a strict content security policy allows. */
    adoptStyles(css) {
      const root = this.shadowRoot;
      if (!("adoptedStyleSheets" in root)) return root.append(make("style", {}, css));
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    }

    #load() {
      this.#loading ??= this.#loadPanel().catch(() => {
        this.#loading = null;
        this.#failed.textContent = LABELS[this.lang].failed;
        this.tell("error", { code: "not_loaded" });
        return null;
      });
      return this.#loading;
    }

    async #loadPanel() {
      const [{ Panel }, css] = await Promise.all([import(`${base}widget/panel.js`), this.#fetchStyles()]);
      this.adoptStyles(css);
      this.#failed.textContent = "";
      return new Panel(this, this.#place, base);
    }

    async #fetchStyles() {
      const response = await fetch(`${base}widget/panel.css`, { credentials: "omit" });
      if (!response.ok) throw new Error("no styles");
      return response.text();
    }
  }

  customElements.define(TAG, ClinicAssistant);

  const place = () => {
    if (document.querySelector(TAG)) return;
    const { lang = "auto", position = "bottom-right" } = script.dataset;
    document.body.append(make(TAG, { lang, position }));
  };
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
