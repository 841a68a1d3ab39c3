/** Inside the frame: connects the assistant of this page with the page around it. */

const TOLD = ["consent", "answer", "feedback", "error", "contact"];

addEventListener("message", ({ source, data, ports: [port] }) => {
  if (source !== parent || data !== "clinic-assistant" || !port) return;
  const host = /** @type {import("./controls.js").Host} */ (document.querySelector("clinic-assistant"));
  const commands = {
    look: ({ theme, colours, font }) => {
      for (const [name, value] of [...colours, ["theme", theme]]) host.setAttribute(name, value);
      host.style.setProperty("--ca-font", font);
      /** @type {any} */ (host).paint();
    },
    focus: () => host.call("focus"),
    draft: (text) => host.call("ask", text),
    language: (lang) => lang !== host.lang && host.setLanguage(lang),
  };
  port.onmessage = ({ data: [what, given] }) => Object.hasOwn(commands, what) && commands[what](given);
  for (const name of TOLD) {
    document.addEventListener(`clinic-assistant:${name}`, (event) => {
      port.postMessage(["tell", name, /** @type {CustomEvent} */ (event).detail]);
    });
  }
  document.addEventListener("clinic-assistant:close", () => port.postMessage(["close"]));
  document.addEventListener("clinic-assistant:language", () => port.postMessage(["language", host.lang]));
  port.postMessage(["ready"]);
});
