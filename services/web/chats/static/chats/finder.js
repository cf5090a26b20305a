// @ts-check
// The finder: a dialog that finds people, messages and pages, and leads to a search. Loaded when it is opened.

import { tryTo } from "./events.js";
import { get } from "./fetching.js";
import "./hits.js";
import { $, $$, isComposing, make, required } from "./page.js";
import { isTarget } from "./target.js";
import { gettext } from "./texts.js";

const FIND = "/chats/find/";
const PAUSE = 80; // Milliseconds between two keys that are typed quickly.

const dialog = required("dialog#finder");
const field = required("input", dialog);
const list = make("div", { id: "finder-list", hidden: true });
const status = make("p", { className: "sr" });
const options = () => $$("a", list);
const selected = () => $('a[aria-selected="true"]', list);

/** @param {HTMLElement} element @param {Record<string, string>} values */
function set(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
}

// The template has no more than is needed before this module is loaded. The pattern is the combobox of ARIA.
set(field, {
  role: "combobox",
  "aria-label": field.placeholder,
  "aria-controls": list.id,
  "aria-autocomplete": "list",
});
set(field, { maxlength: "200", autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "go" });
set(list, { role: "listbox", "aria-label": gettext("Found") });
set(status, { role: "status" });
dialog.append(list, status);

/** @type {number | undefined} */
let timer;
/** @type {string | undefined} */
let wanted; // The text whose rows are shown or requested.
/** @type {string | undefined} */
let shown; // The text whose rows are shown.
/** @type {Promise<unknown>} */
let loading = Promise.resolve();

/** @param {HTMLAnchorElement | undefined} option */
function select(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  field.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

/** The text of a link without the number in its badge. @param {HTMLElement} link */
const labelOf = (link) => link.firstChild?.nodeValue?.trim() ?? "";

/**
 * The group of the pages whose names have a word that begins with the text, or null.
 * @param {string} text
 */
function pagesFor(text) {
  const links = $$("header.top nav a, header.top .menu a");
  const named = links.filter((link) => text && ` ${labelOf(link)}`.toLowerCase().includes(` ${text}`.toLowerCase()));
  if (!named.length) return null;
  const group = make("div", {});
  set(group, { role: "group", "aria-labelledby": "finder-pages" });
  const title = make("div", { id: "finder-pages", className: "quiet", textContent: gettext("Pages") });
  set(title, { role: "presentation" });
  const rows = named.map((link, at) => {
    const row = make("a", { id: `finder-p${at}`, className: "row", href: link.href, textContent: labelOf(link) });
    set(row, { role: "option", tabindex: "-1" });
    return row;
  });
  group.append(title, ...rows);
  return group;
}

/**
 * Shows what the server has found, and the pages with such a name: after people and messages, before the searches.
 * @param {Document | null} page
 * @param {string} [text]
 */
function show(page, text = "") {
  shown = text;
  list.replaceChildren(...(page ? required("#finder-rows", page).children : []));
  const pages = pagesFor(text);
  if (pages) list.insertBefore(pages, $(":scope > a", list));
  list.hidden = !options().length;
  field.setAttribute("aria-expanded", String(!list.hidden));
  status.textContent = (page && $("#finder-status", page)?.textContent.trim()) ?? "";
  status.classList.toggle("sr", Boolean($(":scope > [role=group]", list)));
  select(options()[0]);
}

/** @param {string} text */
async function load(text) {
  try {
    const query = new URLSearchParams({ q: text });
    const counterpart = $("[data-with]")?.dataset.with;
    if (counterpart) query.set("with", counterpart);
    const page = await get(`${FIND}?${query}`);
    if (text === wanted) show(page, text); // Otherwise more was typed meanwhile.
  } catch (error) {
    if (text === wanted) {
      wanted = undefined; // The next key requests it again.
      show(null, text); // The pages.
    }
    throw error;
  }
}

const typed = () => field.value.trim();

// Shows the rows for the typed text, unless they are shown or requested already.
function update() {
  clearTimeout(timer);
  const text = typed();
  if (text !== wanted) loading = tryTo(() => load((wanted = text)));
  return loading;
}

// Opens the selected row, after the rows for the typed text have arrived.
async function open() {
  await update();
  if (dialog.open && typed() === shown) selected()?.click();
}

// Nothing of the member stays in the dialog: another one may be at the browser next.
function empty() {
  clearTimeout(timer);
  field.value = "";
  wanted = undefined;
  show(null);
}

function close() {
  empty();
  dialog.close();
}

/** @param {1 | -1} by */
function move(by) {
  const all = options();
  const at = all.findIndex((one) => one === selected());
  select(all.at((at + by) % all.length));
}

/** @param {KeyboardEvent} event */
function press(event) {
  const { key, ctrlKey, metaKey, altKey } = event;
  const isOther = ctrlKey || metaKey || altKey || !["ArrowDown", "ArrowUp", "Enter"].includes(key);
  if (isOther || isComposing(event)) return;
  event.preventDefault();
  if (key === "Enter") open();
  else if (options().length) move(key === "ArrowDown" ? 1 : -1);
}

field.addEventListener("keydown", press);
field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(update, PAUSE);
});
dialog.addEventListener("close", empty);
// A click beside the dialog, on its backdrop.
dialog.addEventListener("click", ({ target }) => target === dialog && close());
// Before bobbin.js handles it: a row whose address is that of this page shows its message here.
list.addEventListener("click", ({ target }) => {
  const row = target instanceof Element && target.closest("a");
  if (row && isTarget(row)) close();
});
// Back may show this page again.
addEventListener("pagehide", close);

/**
 * Called whenever the dialog has been opened. Its field may contain letters already, and it may be closed again.
 * @param {boolean} isEntered Whether Enter was pressed after the letters.
 */
export function startFinder(isEntered) {
  if (!dialog.open) return empty(); // It was closed while this module was loading.
  return isEntered ? open() : update();
}
