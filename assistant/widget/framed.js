/**
 * The panel in a frame of the clinic's server: for sites whose own scripts must not be able to read along.
 * What passes between page and frame are commands, codes and the page's colours, never a word of the conversation.
 */

import { Modality } from "./modality.js";
import { stringsFor } from "./strings.js";

const PATIENCE_MS = 15_000;
const COLOURS = ["accent", "on-accent", "bg", "fg"];

/** Stands for the panel on the page around the frame. */
export class Panel {
  #host;
  #place;
  #frame = document.createElement("iframe");
  #modality;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {[string, unknown][]} */
  #waiting = [];

  /**
   * @param {import("./controls.js").Host} host
   * @param {HTMLElement} place
   * @param {string} base
   */
  constructor(host, place, base) {
    this.#host = host;
    this.#place = place;
    this.#modality = new Modality(host, place);
    place.className = "panel";
    Object.assign(this.#frame, { className: "frame", src: `${base}frame`, allow: "clipboard-write" });
    this.#frame.addEventListener("load", () => this.#connect(new URL(base).origin), { once: true });
    this.translate();
    place.append(this.#frame);
    setTimeout(() => this.#giveUp(), PATIENCE_MS);
  }

  open(quietly) {
    this.#place.hidden = false;
    this.#modality.enter();
    this.#send("look", this.#look);
    if (!quietly) this.focus();
  }

  focus() {
    this.#frame.focus();
    this.#send("focus");
  }

  close() {
    this.#place.hidden = true;
    this.#modality.leave();
  }

  draft(text) {
    this.#send("draft", text);
  }

  translate() {
    this.#frame.title = stringsFor(this.#host.lang).assistant;
    this.#send("language", this.#host.lang);
  }

  leave() {
    this.#modality.end();
    this.#port?.close();
  }

  get #look() {
    const style = getComputedStyle(this.#host);
    const colours = COLOURS.map((name) => [name, style.getPropertyValue(`--ca-${name}`)]);
    const theme = this.#host.hasAttribute("dark") ? "dark" : "light";
    return { theme, colours, font: style.getPropertyValue("--ca-font") };
  }

  // Only a frame of the clinic's own server gets the other end.
  #connect(origin) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data: [what, ...given] }) => this.#hear(port1, what, given);
    this.#frame.contentWindow?.postMessage("clinic-assistant", origin, [port2]);
  }

  #hear(port, what, given) {
    if (what === "ready") {
      this.#port = port;
      for (const said of this.#waiting.splice(0)) port.postMessage(said);
    } else if (what === "close") this.#host.call("close");
    else if (what === "language") this.#host.setLanguage(given[0]);
    else if (what === "tell") this.#host.tell(given[0], given[1]);
  }

  /**
   * @param {string} what
   * @param {unknown} [given]
   */
  #send(what, given) {
    if (this.#port) this.#port.postMessage([what, given]);
    else this.#waiting.push([what, given]);
  }

  #giveUp() {
    if (this.#port) return;
    const t = stringsFor(this.#host.lang);
    const note = document.createElement("p");
    note.className = "page";
    note.setAttribute("role", "alert");
    note.textContent = `${t.errorConfig} ${t.crisisLine}`;
    this.#place.replaceChildren(note);
    this.#host.tell("error", { code: "not_loaded" });
  }
}
