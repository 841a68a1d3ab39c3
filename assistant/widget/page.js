/** The settings panel of the demonstration page: it writes the line that embeds the assistant, and shows it at work. */

const TAG = "clinic-assistant";
const panel = /** @type {HTMLElement} */ (document.querySelector(".embed"));
const form = /** @type {HTMLFormElement} */ (panel.querySelector("form"));
const code = /** @type {HTMLElement} */ (panel.querySelector("code"));
const said = /** @type {HTMLElement} */ (panel.querySelector(".said"));
const SAID = {
  light: "This colour has too little contrast to be read. The assistant would use its own, so it is not in the line.",
  dark: "On devices that are set to dark the assistant uses its own colours: this one could not be read there.",
};

const quote = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

const chosen = () =>
  Object.fromEntries(
    [...new FormData(form)]
      .map(([name, value]) => [name, String(value).trim()])
      .filter(([name, value]) => value && name !== "pinned"),
  );

const writeLine = (options) => {
  const { version, integrity } = panel.dataset;
  const isPinned = new FormData(form).has("pinned");
  const path = isPinned ? `/widget/${version}/widget.js` : "/widget.js";
  const pin = isPinned ? ` integrity="${integrity}" crossorigin="anonymous"` : "";
  const data = Object.entries(options).map(([name, value]) => ` data-${name}="${quote(value)}"`);
  return `<script src="${location.origin}${path}"${pin} async${data.join("")}></script>`;
};

// The assistant itself is the judge of what can be read: it takes our colours back where it cannot.
const refuses = (made, theme) => {
  made.setAttribute("theme", theme);
  made.paint();
  return made.style.getPropertyPriority("--ca-accent") === "important";
};

const show = () => {
  if (!form.reportValidity()) return;
  const options = chosen();
  document.querySelector(TAG)?.remove();
  const made = /** @type {any} */ (document.createElement(TAG));
  for (const [name, value] of Object.entries(options)) made.setAttribute(name, value);
  document.body.append(made);
  const wished = options.theme ? [options.theme] : ["light", "dark"];
  const failing = options.accent && wished.find((theme) => refuses(made, theme));
  made.setAttribute("theme", options.theme ?? "auto");
  made.paint();
  if (failing && failing === wished[0]) delete options.accent;
  said.textContent = failing ? SAID[failing === wished[0] ? "light" : "dark"] : "";
  code.textContent = writeLine(options);
};

form.addEventListener("change", show);
form.addEventListener("submit", (event) => event.preventDefault());
panel.querySelector(".copy")?.addEventListener("click", async () => {
  await navigator.clipboard.writeText(code.textContent ?? "");
  said.textContent = "Copied.";
});
code.textContent = writeLine(chosen());
