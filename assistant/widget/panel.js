/** The panel: what a visitor sees and does, from consent to deletion. Everything is kept in memory only. */

import { Announcer } from "./announce.js";
import { cardLinks, isUrgent } from "./card.js";
import { ChatError, Client } from "./client.js";
import { Composer } from "./composer.js";
import { element, textOf } from "./dom.js";
import { makeConsent, makeHeader, makeNotice, makeRemoval, makeWaiting, makeWelcome } from "./frame.js";
import { Exchange } from "./message.js";
import { Modality } from "./modality.js";
import { fill, stringsFor } from "./strings.js";
import { explainError, makeTrouble } from "./trouble.js";

const URGENT_LINES = 3;

/** The open assistant. */
export class Panel {
  #host;
  #place;
  #base;
  #client;
  #modality;
  #announcer = new Announcer();
  #surface = element("div", { class: "surface" });
  #messages = element("ol", { class: "messages", role: "list" });
  #log = null;
  #composer = null;
  #bannerPlace = element("div", { class: "banner-place" });
  #urgentPlace = element("div", { class: "urgent-place" });

  #config = null;
  #configFailed = false;
  #consent = null;
  #session = null;
  #request = null;

  /**
   * @param {HTMLElement & { lang: string, tell: Function, setLanguage: Function, close: Function }} host
   * @param {HTMLElement} place
   * @param {string} base
   */
  constructor(host, place, base) {
    this.#host = host;
    this.#place = place;
    this.#base = base;
    this.#client = new Client(base);
    this.#modality = new Modality(host, place);
    place.className = "panel";
    place.setAttribute("role", "dialog");
    place.setAttribute("aria-labelledby", "panel-title");
    place.append(this.#surface, this.#announcer.root);
    place.addEventListener("keydown", (event) => event.key === "Escape" && host.close());
    this.#render();
  }

  open() {
    this.#place.hidden = false;
    this.#modality.enter();
    this.#focusStart();
    if (!this.#config) this.#loadConfig();
  }

  close() {
    this.#place.hidden = true;
    this.#modality.leave();
  }

  /**
   * Asks a question, or keeps it in the input until the visitor has agreed and the last answer is complete.
   * @param {string} text
   */
  ask(text) {
    if (!text.trim()) return;
    if (this.#consent && !this.#request) this.#send(text.trim());
    else this.#composer.value = text;
  }

  get #context() {
    const lang = this.#host.lang;
    return { strings: stringsFor(lang), lang, config: this.#config, base: this.#base };
  }

  // --- what is shown ---------------------------------------------------------------------------------------------

  #render() {
    const context = this.#context;
    const draft = this.#composer?.value ?? "";
    this.#composer = new Composer(context.strings, { send: (text) => this.#send(text), stop: () => this.#stop() });
    this.#composer.busy = Boolean(this.#request);
    const scrolled = this.#log?.scrollTop ?? 0;
    const actions = {
      remove: () => this.#askToRemove(),
      switchLanguage: () => this.#switchLanguage(),
      close: () => this.#host.close(),
    };
    this.#surface.replaceChildren(
      makeHeader(context, { canDelete: Boolean(this.#consent) }, actions),
      makeNotice(context),
      ...this.#renderPage(context),
    );
    this.#composer.value = draft;
    if (this.#log) this.#log.scrollTop = scrolled;
  }

  #renderPage(context) {
    if (!this.#config) return [makeWaiting(context, { failed: this.#configFailed }, () => this.#loadConfig())];
    if (!this.#consent) return [makeConsent(context, { agree: () => this.#agree(), close: () => this.#host.close() })];
    const welcome = this.#messages.children.length ? null : makeWelcome(context, (text) => this.ask(text));
    this.#log = element(
      "div",
      { class: "log", role: "log", "aria-live": "off", "aria-label": context.strings.conversation, tabindex: "0" },
      welcome,
      this.#messages,
    );
    return [this.#log, this.#bannerPlace, this.#composer.root, this.#urgentPlace];
  }

  #focusStart() {
    if (this.#consent) return this.#composer.focus();
    return this.#surface.querySelector(".start")?.focus();
  }

  #switchLanguage() {
    this.#host.setLanguage(this.#host.lang === "en" ? "es" : "en");
    this.#bannerPlace.replaceChildren();
    this.#render();
    this.#surface.querySelector(".language").focus();
  }

  // --- agreement -------------------------------------------------------------------------------------------------

  async #loadConfig() {
    this.#configFailed = false;
    this.#render();
    this.#focusStart();
    try {
      this.#config = await this.#client.fetchConfig();
    } catch (error) {
      this.#configFailed = true;
      this.#host.tell("error", { code: error.code });
    }
    this.#render();
    if (!this.#place.hidden) this.#focusStart();
  }

  #agree() {
    this.#consent = textOf(this.#config.consent?.version);
    this.#render();
    this.#focusStart();
  }

  async #renewConsent() {
    this.#consent = null;
    this.#config = null;
    await this.#loadConfig();
  }

  #askToRemove() {
    const close = () => {
      this.#bannerPlace.replaceChildren();
      this.#composer.focus();
    };
    this.#bannerPlace.replaceChildren(makeRemoval(this.#context, { yes: () => this.#remove(), no: close }));
    this.#bannerPlace.querySelector("button").focus();
  }

  async #remove() {
    this.#stop();
    try {
      if (this.#session) await this.#client.deleteSession(this.#session);
    } catch {
      return this.#complain(this.#context.strings.errorDelete, () => this.#remove());
    }
    this.#session = null;
    this.#consent = null;
    this.#composer.value = "";
    for (const place of [this.#messages, this.#bannerPlace, this.#urgentPlace]) place.replaceChildren();
    this.#announcer.clear();
    this.#render();
    this.#focusStart();
    return this.#say("status", this.#context.strings.removed);
  }

  // --- a question and its answer ---------------------------------------------------------------------------------

  async #send(text) {
    const controller = new AbortController();
    const { lang, strings } = this.#context;
    const exchange = new Exchange(text, { lang, base: this.#base, ask: (next) => this.ask(next) });
    this.#begin(controller, exchange, text);
    this.#say("status", strings.answering);
    try {
      for await (const { type, data } of this.#client.ask(this.#question(text, lang), controller)) {
        if (type === "claim") exchange.addClaim(data);
        if (type === "answer") this.#finish(exchange, data);
      }
    } catch (error) {
      // After a deletion there is nothing left to complete.
      if (exchange.messages[0].isConnected) this.#fail(error, exchange, text);
    } finally {
      if (this.#request === controller) this.#setRequest(null);
    }
  }

  #question(text, lang) {
    return { message: text, lang, consent: this.#consent, ...(this.#session && { session: this.#session }) };
  }

  #begin(controller, exchange, text) {
    this.#setRequest(controller);
    this.#bannerPlace.replaceChildren();
    if (this.#composer.value.trim() === text) this.#composer.value = "";
    this.#composer.focus();
    this.#log.querySelector(".welcome")?.remove();
    this.#messages.append(...exchange.messages);
    this.#showFromTop(exchange.messages);
  }

  #setRequest(controller) {
    this.#request = controller;
    this.#composer.busy = Boolean(controller);
  }

  // The question goes to the top and the answer grows below it: what is being read never moves.
  #showFromTop([question, answer]) {
    for (const message of this.#messages.children) message.style.removeProperty("min-height");
    const room = this.#log.clientHeight - question.offsetHeight - parseFloat(getComputedStyle(question).marginBottom);
    answer.style.setProperty("min-height", `${Math.max(room - 16, 0)}px`);
    this.#scrollTo(question);
  }

  #scrollTo(part) {
    this.#log.scrollTop += part.getBoundingClientRect().top - this.#log.getBoundingClientRect().top - 8;
  }

  #finish(exchange, answer) {
    this.#session = textOf(answer.session) || this.#session;
    exchange.finish(answer);
    this.#announce(exchange, answer);
    if (isUrgent(answer.card)) this.#offerUrgentLines(answer.card);
    this.#host.tell("answer", { id: textOf(answer.id), sources: exchange.sourceCount });
  }

  #announce(exchange, answer) {
    const { card } = answer;
    const lang = textOf(answer.lang) || this.#host.lang;
    const strings = stringsFor(lang);
    if (isUrgent(card)) return this.#announcer.say("alert", `${textOf(card.title)}. ${textOf(card.text)}`, lang);
    const n = exchange.sourceCount;
    this.#announcer.say("status", n ? fill(strings.readySources, { n }) : strings.ready, lang);
    const words = [answer.text || answer.message, card?.title, card?.text].map(textOf).filter(Boolean);
    return this.#announcer.say("answer", words.join(" "), lang);
  }

  // Once help was needed, the lines to it stay in reach: one step after the input.
  #offerUrgentLines(card) {
    const { strings, base } = this.#context;
    const lines = cardLinks(card, { strings, base }).filter(({ protocol }) => ["tel:", "sms:"].includes(protocol));
    const items = lines.slice(0, URGENT_LINES).map((line) => element("li", {}, line));
    this.#urgentPlace.replaceChildren(
      element("ul", { class: card.kind, role: "list", "aria-label": strings.helpLines }, ...items),
    );
    this.#scrollTo(this.#messages.lastElementChild.querySelector(".card"));
  }

  #stop() {
    this.#request?.abort(new ChatError("stopped"));
  }

  #fail(error, exchange, text) {
    const t = this.#context.strings;
    if (error.code === "stopped") {
      exchange.end(t.stopped);
      this.#say("status", t.stopped);
      return;
    }
    if (exchange.hasClaims) exchange.end(t.cutOff);
    else exchange.remove();
    if (!this.#composer.value) this.#composer.value = text;
    this.#host.tell("error", { code: error.code });
    if (error.code === "consent") {
      this.#renewConsent();
      this.#say("alert", t.errorConsent);
      return;
    }
    this.#complain(explainError(error, t), () => this.#send(text), error.retryAfterS);
  }

  #complain(text, retry, waitS = 0) {
    this.#bannerPlace.replaceChildren(makeTrouble(this.#context, text, retry, waitS));
    this.#say("alert", text);
  }

  #say(region, text) {
    this.#announcer.say(region, text, this.#host.lang);
  }
}
