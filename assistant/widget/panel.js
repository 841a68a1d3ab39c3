/** The panel: what a visitor sees and does, from consent to deletion. Everything is kept in memory only. */

import { Announcer } from "./announce.js";
import { cardLinks, isUrgent } from "./card.js";
import { ChatError, Client } from "./client.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { element, textOf } from "./dom.js";
import { makeConsent, makeHeader, makeNotice, makeRemoval, makeWaiting, makeWelcome, noticeOf } from "./frame.js";
import { Modality } from "./modality.js";
import { fill, stringsFor } from "./strings.js";
import { copyTranscript, printTranscript, writeTranscript } from "./transcript.js";
import { explainError, makeTrouble } from "./trouble.js";

const URGENT_LINES = 3;
// Nothing is stored, so a page that is loaded anew asks anew; this is for pages that stay open.
const DISCLOSE_AGAIN_MS = 7 * 24 * 3600 * 1000;

/** The open assistant. */
export class Panel {
  #host;
  #place;
  #base;
  #client;
  #modality;
  #announcer = new Announcer();
  #surface = element("div", { class: "surface" });
  #conversation = new Conversation();
  /** @type {Composer} */
  #composer;
  #bannerPlace = element("div", { class: "banner-place" });
  #urgentPlace = element("div", { class: "urgent-place" });

  #said = "";
  /** @type {Record<string, any> | null} */
  #config = null;
  /** @type {ChatError | null} */
  #failure = null;
  /** @type {string | null} */
  #consent = null;
  #reason = "";
  #usedAt = 0;
  /** @type {string | null} */
  #session = null;
  /** @type {AbortController | null} */
  #request = null;

  /**
   * @param {import("./controls.js").Host} host
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
    place.setAttribute("role", this.#canClose ? "dialog" : "group");
    place.setAttribute("aria-labelledby", "panel-title");
    place.append(this.#surface, this.#announcer.root);
    place.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
    this.#render();
  }

  open(quietly) {
    this.#place.hidden = false;
    this.#modality.enter();
    if (this.#isStale) this.#askAgain(this.#context.strings.again);
    if (!quietly) this.focus();
    if (!this.#config) this.#loadConfig(quietly);
  }

  close() {
    this.#place.hidden = true;
    this.#modality.leave();
  }

  leave() {
    this.#stop();
    this.#modality.end();
  }

  focus() {
    if (this.#consent) this.#composer.focus();
    else /** @type {HTMLElement} */ (this.#surface.querySelector(".start"))?.focus();
  }

  /**
   * Puts a question into the input, unless something stands there.
   * @param {string} text
   */
  draft(text) {
    if (!this.#composer.value.trim()) this.#composer.value = text;
  }

  /** Says everything around the messages in the host's language. */
  translate() {
    if (this.#said === this.#host.lang) return;
    this.#bannerPlace.replaceChildren();
    this.#render();
  }

  get #context() {
    const { lang } = this.#host;
    return { strings: stringsFor(lang), lang, config: this.#config, base: this.#base };
  }

  get #canClose() {
    return this.#host.getAttribute("mode") !== "inline" || this.#host.hasAttribute("closable");
  }

  get #isStale() {
    return Boolean(this.#consent) && Date.now() - this.#usedAt > DISCLOSE_AGAIN_MS;
  }

  #close() {
    if (this.#canClose) this.#host.call("close");
  }

  // --- what is shown ---------------------------------------------------------------------------------------------

  #render() {
    const context = this.#context;
    this.#said = context.lang;
    const draft = this.#composer?.value ?? "";
    this.#composer = new Composer(context.strings, { send: (text) => this.#send(text), stop: () => this.#stop() });
    this.#composer.busy = Boolean(this.#request);
    this.#surface.replaceChildren(
      makeHeader(context, this.#actions),
      makeNotice(context, () => this.#host.tell("contact")),
      ...this.#renderPage(context),
    );
    this.#composer.value = draft;
  }

  get #actions() {
    const isSaid = Boolean(this.#consent) && !this.#conversation.isEmpty;
    return {
      close: this.#canClose && (() => this.#close()),
      switchLanguage: () => this.#switchLanguage(),
      startOver: isSaid && (() => this.#forget(() => this.#startOver())),
      copyAll: isSaid && (() => this.#copy(this.#conversation.exchanges)),
      print: isSaid && (() => this.#print()),
      remove: isSaid && (() => this.#askToRemove("remove")),
      withdraw: Boolean(this.#consent) && (() => this.#askToRemove("withdraw")),
      hide: this.#host.getAttribute("mode") !== "inline" && (() => this.#host.remove()),
    };
  }

  #renderPage(context) {
    if (!this.#config) return [makeWaiting(context, this.#failure, () => this.#loadConfig())];
    if (!this.#consent) {
      const close = this.#canClose && (() => this.#close());
      return [makeConsent(context, this.#reason, { agree: () => this.#agree(), close })];
    }
    this.#conversation.present(context.strings.conversation, makeWelcome(context, (text) => this.#ask(text)));
    return [this.#conversation.root, this.#bannerPlace, this.#composer.root, this.#urgentPlace];
  }

  #switchLanguage() {
    this.#host.setLanguage(this.#host.lang === "en" ? "es" : "en");
    this.translate();
    /** @type {HTMLElement} */ (this.#surface.querySelector(".language")).focus();
    this.#host.tell("language", { lang: this.#host.lang });
  }

  #showBanner(banner) {
    this.#bannerPlace.replaceChildren(banner);
  }

  // --- agreement -------------------------------------------------------------------------------------------------

  async #loadConfig(quietly = false) {
    this.#failure = null;
    this.#render();
    if (!quietly) this.focus();
    try {
      this.#config = await this.#client.fetchConfig();
    } catch (/** @type {any} */ error) {
      this.#failure = error;
      this.#host.tell("error", { code: error.code });
    }
    this.#render();
    if (!quietly && !this.#place.hidden) this.focus();
  }

  #agree() {
    this.#consent = textOf(this.#config?.consent?.version);
    this.#usedAt = Date.now();
    this.#host.tell("consent", { version: this.#consent });
    this.#render();
    this.focus();
  }

  #askAgain(reason) {
    this.#reason = reason;
    this.#consent = null;
    this.#config = null;
    return this.#loadConfig();
  }

  #askToRemove(wish) {
    const no = () => {
      this.#bannerPlace.replaceChildren();
      this.#composer.focus();
    };
    const yes = () => this.#forget(() => this.#remove());
    this.#showBanner(makeRemoval(this.#context, wish, { yes, no }));
    this.#bannerPlace.querySelector("button")?.focus();
  }

  /** Forgets the conversation, here once the server has; then goes on. */
  async #forget(goOn) {
    this.#stop();
    try {
      if (this.#session) await this.#client.deleteSession(this.#session);
    } catch {
      return this.#complain(this.#context.strings.errorDelete, () => this.#forget(goOn));
    }
    this.#session = null;
    this.#conversation.clear();
    for (const place of [this.#bannerPlace, this.#urgentPlace]) place.replaceChildren();
    this.#announcer.clear();
    return goOn();
  }

  #startOver() {
    this.#render();
    this.focus();
    this.#say("status", this.#context.strings.startedOver);
  }

  #remove() {
    this.#consent = null;
    this.#reason = "";
    this.#composer.value = "";
    this.#render();
    this.focus();
    this.#say("status", this.#context.strings.removed);
  }

  // --- to keep and to report -------------------------------------------------------------------------------------

  #write(exchanges) {
    return writeTranscript(exchanges, this.#context.strings, noticeOf(this.#context));
  }

  async #copy(exchanges) {
    const { strings } = this.#context;
    const isCopied = await copyTranscript(this.#write(exchanges));
    this.#say("status", isCopied ? strings.copied : strings.copyFailed);
    return isCopied;
  }

  #print() {
    const { assistant } = this.#context.strings;
    printTranscript(this.#write(this.#conversation.exchanges), this.#host.lang, assistant);
  }

  async #rate(opinion) {
    await this.#client.sendFeedback({ ...opinion, session: this.#session ?? opinion.session, lang: this.#host.lang });
    this.#host.tell("feedback", { id: opinion.answer, rating: opinion.rating });
  }

  // --- a question and its answer ---------------------------------------------------------------------------------

  // A suggestion is sent at once, if that can be; else it waits in the input.
  #ask(text) {
    if (this.#consent && !this.#request) this.#send(text);
    else this.draft(text);
  }

  async #send(text) {
    if (this.#isStale) return this.#keep(text, () => this.#askAgain(this.#context.strings.again));
    const controller = new AbortController();
    const { lang, strings } = this.#context;
    const exchange = this.#begin(controller, text);
    this.#say("status", strings.answering);
    try {
      for await (const { type, data } of this.#client.ask(this.#question(text, lang), controller)) {
        if (type === "claim") exchange.addClaim(data);
        if (type === "answer") this.#finish(exchange, data);
      }
    } catch (error) {
      // After a deletion there is nothing left to complete.
      if (this.#conversation.exchanges.includes(exchange)) this.#fail(error, exchange, text);
    } finally {
      if (this.#request === controller) this.#setRequest(null);
    }
    return undefined;
  }

  #question(text, lang) {
    const consent = /** @type {string} */ (this.#consent);
    return { message: text, lang, consent, ...(this.#session && { session: this.#session }) };
  }

  #begin(controller, text) {
    this.#setRequest(controller);
    this.#usedAt = Date.now();
    this.#bannerPlace.replaceChildren();
    if (this.#composer.value.trim() === text) this.#composer.value = "";
    this.#composer.focus();
    const isFirst = this.#conversation.isEmpty;
    const exchange = this.#conversation.begin(text, {
      lang: this.#host.lang,
      base: this.#base,
      ask: (next) => this.#ask(next),
      copy: (one) => this.#copy([one]),
      rate: (opinion) => this.#rate(opinion),
    });
    if (isFirst) this.#surface.firstElementChild?.replaceWith(makeHeader(this.#context, this.#actions));
    return exchange;
  }

  #setRequest(controller) {
    this.#request = controller;
    this.#composer.busy = Boolean(controller);
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
    const lines = cardLinks(card, { strings, base }).filter((link) => /^(tel|sms):/.test(link.getAttribute("href") ?? ""));
    const items = lines.slice(0, URGENT_LINES).map((line) => element("li", {}, line));
    this.#urgentPlace.replaceChildren(
      element("ul", { class: card.kind, role: "list", "aria-label": strings.helpLines }, ...items),
    );
    this.#conversation.showLastCard();
  }

  #stop() {
    this.#request?.abort(new ChatError("stopped"));
  }

  #keep(text, goOn) {
    if (!this.#composer.value) this.#composer.value = text;
    return goOn();
  }

  #fail(error, exchange, text) {
    const t = this.#context.strings;
    if (error.code === "stopped") {
      exchange.end(t.stopped);
      this.#say("status", t.stopped);
      return;
    }
    if (exchange.hasClaims) exchange.end(t.cutOff);
    else this.#conversation.remove(exchange);
    this.#host.tell("error", { code: error.code });
    this.#keep(text, () => this.#explain(error, text));
  }

  #explain(error, text) {
    const t = this.#context.strings;
    if (error.code === "consent") {
      this.#say("alert", t.errorConsent);
      return this.#askAgain(t.errorConsent);
    }
    if (error.code === "session") this.#session = null;
    const label = error.code === "session" ? t.sendAgain : t.retry;
    return this.#complain(explainError(error, t), () => this.#send(text), { waitS: error.retryAfterS, label });
  }

  #complain(text, retry, again) {
    this.#showBanner(makeTrouble(this.#context, text, retry, again));
    this.#say("alert", text);
  }

  #say(region, text) {
    this.#announcer.say(region, text, this.#host.lang);
  }
}
