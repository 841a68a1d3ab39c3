/** On a small screen the open panel is the whole page; on a large one it stands beside it. */

const SMALL = "(max-width: 639.98px), (max-height: 479.98px)";

/** Holds the page behind the panel still, while and only while the panel covers it. */
export class Modality {
  #host;
  #panel;
  #small = matchMedia(SMALL);
  #apart = new AbortController();
  /** @type {(() => void)[]} */
  #released = [];
  #isOpen = false;

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} panel
   */
  constructor(host, panel) {
    this.#host = host;
    this.#panel = panel;
    const { signal } = this.#apart;
    this.#small.addEventListener("change", () => this.#apply(), { signal });
    // The keyboard of a phone covers the page without changing its height.
    visualViewport?.addEventListener("resize", () => this.#fit(), { signal });
    visualViewport?.addEventListener("scroll", () => this.#fit(), { signal });
  }

  enter() {
    this.#isOpen = true;
    this.#apply();
  }

  leave() {
    this.#isOpen = false;
    this.#apply();
  }

  /** Lets go of the page for good. */
  end() {
    this.leave();
    this.#apart.abort();
  }

  // A panel that stands in the page covers nothing.
  get #covers() {
    return this.#isOpen && this.#small.matches && this.#host.getAttribute("mode") !== "inline";
  }

  #apply() {
    this.#release();
    const covers = this.#covers;
    if (covers) this.#hold();
    if (covers) this.#panel.setAttribute("aria-modal", "true");
    else this.#panel.removeAttribute("aria-modal");
    this.#fit();
  }

  #hold() {
    for (let at = this.#host; at !== document.body && at.parentElement; at = at.parentElement) {
      const around = /** @type {HTMLElement[]} */ ([...at.parentElement.children]);
      const siblings = around.filter((sibling) => sibling !== at && !sibling.inert);
      for (const sibling of siblings) sibling.inert = true;
      this.#released.push(() => siblings.forEach((sibling) => (sibling.inert = false)));
    }
    const page = document.documentElement;
    const before = page.style.overflow;
    page.style.overflow = "hidden";
    this.#released.push(() => (page.style.overflow = before));
  }

  #release() {
    for (const undo of this.#released.splice(0)) undo();
  }

  #fit() {
    const seen = this.#covers ? visualViewport : null;
    this.#panel.style.setProperty("--visible-height", seen && `${seen.height}px`);
    this.#panel.style.setProperty("--visible-top", seen && `${seen.offsetTop}px`);
  }
}
