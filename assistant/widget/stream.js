/** Server-sent events, read from the body of an answer. */

/**
 * @typedef {{ type: string, data: any }} StreamEvent
 */

// A lone \r at the end may be the first half of \r\n: it waits for the next chunk.
const unifyLineEnds = (text) => text.replace(/\r\n|\r(?!$)/g, "\n");

/**
 * Returns the event of one block of lines, or null for a comment or a block without data.
 * @param {string} block
 * @returns {StreamEvent | null}
 */
export function parseEvent(block) {
  let type = "message";
  const data = [];
  for (const line of block.split("\n")) {
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/s) ?? [];
    if (field === "event") type = value;
    if (field === "data") data.push(value);
  }
  return data.length ? { type, data: JSON.parse(data.join("\n")) } : null;
}

/**
 * Yields the events of a body, wherever the network cut it into chunks.
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} [onChunk] called when something arrived
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* readEvents(body, onChunk = () => {}) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onChunk();
      const blocks = unifyLineEnds(rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop();
      yield* blocks.map(parseEvent).filter(Boolean);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
