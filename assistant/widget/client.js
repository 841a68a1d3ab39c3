/** The conversation with the server: configuration, questions, deletion. */

import { readEvents } from "./stream.js";

/** What widget and server say to each other; a widget of another time must not guess. */
const PROTOCOL = 2;
const TIMEOUT_MS = 30_000;
const LONGEST_WAIT_S = 3600;
const HEADERS = { "Content-Type": "application/json", Accept: "text/event-stream, application/problem+json" };

/** Something could not be done; `code` says what, in the widget's own words. */
export class ChatError extends Error {
  /**
   * @param {string} code offline, unreachable, timeout, interrupted, stopped, protocol, or what the server says:
   * consent, origin, session, busy, refused, server
   * @param {number} [retryAfterS]
   */
  constructor(code, retryAfterS = 0) {
    super(code);
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

const secondsFrom = (header) => {
  const seconds = /^\d+$/.test(header ?? "") ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), LONGEST_WAIT_S) : 0;
};

// What the server's codes mean to a visitor, and what its statuses do where a proxy answered in its place.
const CODES = {
  ...{ consent: "consent", origin: "origin", session: "session", busy: "busy" },
  ...{ invalid: "refused", too_large: "refused", length: "refused", unavailable: "server", broken: "server" },
  ...{ 401: "session", 403: "consent", 409: "consent", 429: "busy" },
};

const errorOf = async (response) => {
  const { code } = await response.json().catch(() => ({}));
  const known = [code, response.status].find((one) => Object.hasOwn(CODES, one ?? ""));
  const meant = known ? CODES[known] : response.status < 500 ? "refused" : "server";
  return new ChatError(meant, meant === "busy" ? secondsFrom(response.headers.get("Retry-After")) : 0);
};

const asChatError = (error) => {
  if (error instanceof ChatError) return error;
  if (error instanceof SyntaxError) return new ChatError("server");
  return new ChatError(navigator.onLine ? "unreachable" : "offline");
};

/**
 * Aborts when nothing was heard for too long.
 * @param {AbortController} controller
 */
const startPatience = (controller) => {
  let timer;
  const renew = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new ChatError("timeout")), TIMEOUT_MS);
  };
  renew();
  return { renew, end: () => clearTimeout(timer) };
};

const isStream = (response) => (response.headers.get("Content-Type") ?? "").startsWith("text/event-stream");

/** Talks to one server. */
export class Client {
  #base;

  /** @param {string} base the address that `v1/` is below */
  constructor(base) {
    this.#base = base;
  }

  /**
   * Returns the clinic's contacts, the consent text, the notice and the starter questions.
   * @returns {Promise<Record<string, any>>}
   */
  async fetchConfig() {
    const read = async (signal) => (await this.#request("GET", "v1/config", undefined, signal)).json();
    const config = await this.#patiently(read);
    if (config.protocol !== PROTOCOL) throw new ChatError("protocol");
    return config;
  }

  /**
   * Tells the clinic what a visitor thinks of an answer.
   * @param {Record<string, unknown>} opinion
   */
  async sendFeedback(opinion) {
    await this.#patiently((signal) => this.#request("POST", "v1/feedback", opinion, signal));
  }

  /**
   * Forgets a conversation on the server.
   * @param {string} session
   */
  async deleteSession(session) {
    await this.#patiently((signal) => this.#request("DELETE", "v1/session", { session }, signal));
  }

  /**
   * Yields the events of an answer: claims, then the answer itself. Throws `interrupted` if that is missing.
   * @param {{ message: string, session?: string, lang: string, consent: string }} question
   * @param {AbortController} controller
   * @returns {AsyncGenerator<import("./stream.js").StreamEvent>}
   */
  async *ask(question, controller) {
    const patience = startPatience(controller);
    try {
      const response = await this.#request("POST", "v1/chat", question, controller.signal);
      for await (const event of this.#events(response, patience.renew)) {
        yield event;
        if (event.type === "answer") return;
      }
      throw new ChatError("interrupted");
    } catch (error) {
      throw asChatError(error);
    } finally {
      patience.end();
    }
  }

  async *#events(response, renew) {
    if (isStream(response)) yield* readEvents(response.body, renew);
    else yield { type: "answer", data: await response.json() };
  }

  async #patiently(act) {
    const controller = new AbortController();
    const patience = startPatience(controller);
    try {
      return await act(controller.signal);
    } catch (error) {
      throw asChatError(error);
    } finally {
      patience.end();
    }
  }

  async #request(method, path, body, signal) {
    const response = await fetch(this.#base + path, {
      method,
      signal,
      body: body && JSON.stringify(body),
      headers: body ? HEADERS : {},
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}
