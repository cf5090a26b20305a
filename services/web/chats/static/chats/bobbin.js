// What pages do on top of plain HTML. Everything here can be missing: forms, links and a reload do the same.

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const { state, eventsPort } = document.body?.dataset ?? {};
const messages = $("ol.messages[data-conversation]");
const rows = $("#rows");
const random = (least, most) => least + Math.random() * (most - least);
const title = document.title;

// --- Theme ------------------------------------------------------------------------------------------------------
const THEMES = { "": "as the system", light: "light", dark: "dark" };

function showTheme() {
  const theme = localStorage.getItem("theme") ?? "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const label = $("[data-theme-switch] span");
  if (label) label.textContent = THEMES[theme];
}

function switchTheme() {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(localStorage.getItem("theme") ?? "") + 1) % names.length];
  if (next) localStorage.setItem("theme", next);
  else localStorage.removeItem("theme");
  showTheme();
}

// --- Times ------------------------------------------------------------------------------------------------------
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function showTimes(within = document) {
  for (const time of $$("time[datetime]", within)) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, least]) => -seconds >= least) ?? ["now"];
    if (unit === "now") time.textContent = "just now";
    else if (seconds > -7 * 86400) time.textContent = relative.format(Math.ceil(seconds / length), unit);
  }
}

// --- Badges -----------------------------------------------------------------------------------------------------
function showBadge(name, count) {
  const link = $(`[data-count="${name}"]`);
  if (!link) return;
  $("[data-badge]", link)?.remove();
  if (!count) return;
  const badge = Object.assign(document.createElement("span"), { className: "badge" });
  badge.dataset.badge = name;
  badge.textContent = count >= 100 && name === "notifications" ? "99+" : count;
  link.append(" ", badge);
}

function showBadges({ unread, notifications }) {
  showBadge("unread", unread);
  showBadge("notifications", notifications);
  showTitle();
}

function showTitle() {
  const unread = $('[data-badge="unread"]')?.textContent.trim();
  document.title = unread ? `(${unread}) ${title}` : title;
}

// --- Fetching what changed, with the rights of the member ---------------------------------------------------------
const isLogin = (response) => new URL(response.url).pathname.startsWith("/accounts/login");

async function get(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (isLogin(response)) location.reload();
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${response.status} for ${address}`);
  const page = parse(await response.text());
  checkMember(page.body.dataset.member);
  return page;
}

// Somebody else has logged in in this browser: nothing of theirs belongs on this page.
function checkMember(member) {
  if (String(member) === document.body.dataset.member) return;
  location.reload();
  throw new Error("another member");
}

function parse(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  showTimes(page);
  return page;
}

let stamp = document.body?.dataset.stamp || null;

// Shows the badges; returns the stamp of now.
async function askState() {
  const response = await fetch(state, { headers: { Accept: "application/json" } });
  if (isLogin(response)) location.reload();
  if (!response.ok) throw new Error(`${response.status} for ${state}`);
  const now = await response.json();
  checkMember(now.member);
  showBadges(now);
  return now;
}

// Whether anything has changed since this page was made.
async function look() {
  const now = await askState();
  const changed = now.stamp === null || (stamp !== null && now.stamp !== stamp);
  stamp = now.stamp;
  if (changed) await refresh();
}

// --- Lists: inbox, unread, notifications --------------------------------------------------------------------------
const keyOf = (row) => row.dataset.counterpart ?? row.dataset.message ?? row.dataset.notification;

async function refreshRows() {
  const page = await get(location.href);
  const found = page && $("#rows", page);
  if (!found || found.innerHTML === rows.innerHTML) return;
  const focused = document.activeElement?.closest("#rows li");
  const key = focused && keyOf(focused);
  const more = $$(".rows.more", rows);
  const fresh = new Set($$("li", found).map(keyOf));
  rows.replaceChildren(...found.childNodes);
  for (const list of more) {
    for (const row of $$("li", list)) if (fresh.has(keyOf(row))) row.remove();
    $("nav.pages", rows)?.remove();
    rows.append(list);
  }
  if (key) $$("li", rows).find((row) => keyOf(row) === key)?.querySelector("a")?.focus();
}

// --- Threads and conversations ------------------------------------------------------------------------------------
const all = () => $$("li[data-message]", messages);
const idOf = (row) => Number(row.dataset.message);
const byId = (id) => document.getElementById(`m${id}`);
const depthOf = (row) => Number(row.dataset.depth ?? 0);
const DEEPEST = 6; // As in chats/pages.py.
const FOLDED_BELOW = 4;

function update(row, fresh) {
  const [old, now] = [$(".content", row), $(".content", fresh)];
  if (old.innerHTML !== now.innerHTML) old.replaceWith(now);
  for (const mark of [".edited", ".seen"]) {
    const found = $(mark, fresh);
    if (found && !$(mark, row)) $(".meta", row).append(" ", found);
  }
}

// Under what it answers, among the replies that are there; or by its id.
function insert(row) {
  const parent = messages.dataset.thread && byId(row.dataset.parent);
  if (!parent) {
    const next = all().find((other) => idOf(other) > idOf(row) && !depthOf(other));
    return next ? next.before(row) : messages.append(row);
  }
  const depth = depthOf(parent) + 1;
  let place = parent;
  for (const below of deepBelow(parent)) {
    if (depthOf(below) === depth && idOf(below) > idOf(row)) break;
    place = below;
  }
  row.classList.replace(`indent-${Math.min(depthOf(row), DEEPEST)}`, `indent-${Math.min(depth, DEEPEST)}`);
  row.dataset.depth = depth;
  if (depth <= DEEPEST) $(".answers", row)?.remove();
  return place.after(row);
}

// Put the messages of a page that are wanted where they belong; returns those that are new here.
function merge(page, wanted = () => true) {
  const added = [];
  for (const row of $$("ol.messages li[data-message]", page)) {
    const old = byId(idOf(row));
    if (old) update(old, row);
    else if (wanted(idOf(row))) {
      insert(document.importNode(row, true));
      added.push(byId(idOf(row)));
    }
  }
  settle();
  fold();
  added.forEach(reveal);
  return added;
}

// What stood alone, because what it answers was on an earlier page, goes below that once it is here.
function settle() {
  if (!messages.dataset.thread) return;
  for (const row of all().sort((one, other) => idOf(one) - idOf(other))) {
    const parent = byId(row.dataset.parent);
    if (parent && depthOf(row) !== depthOf(parent) + 1) insert(row);
  }
}

const link = (rel) => $(`nav.pages a[rel="${rel}"]`);
const atBottom = () => innerHeight + scrollY >= document.body.scrollHeight - 80;

const lastId = () => Math.max(...all().map(idOf));

// What was written or changed since, of messages `ids` or of all. Later pages that are not shown yet stay so.
async function refreshMessages(ids = all().map(idOf)) {
  const end = link("next") ? lastId() : Infinity;
  const stay = atBottom() && !$("form :focus");
  for (let from = Math.min(...ids); from && from <= end; ) {
    const page = await get(`${location.pathname}?from=${from}`);
    if (!page) return;
    const added = merge(page, (id) => id <= end);
    if (stay) added.at(-1)?.scrollIntoView({ block: "nearest" });
    const next = $('nav.pages a[rel="next"]', page);
    from = next && Number(new URLSearchParams(next.search).get("from"));
  }
}

async function loadPage(anchor) {
  const page = await get(anchor.href);
  if (!page) return;
  const earlier = anchor.rel === "prev";
  const top = all()[0];
  const before = top.getBoundingClientRect().top;
  const nav = anchor.closest("nav");
  const next = $(`nav.pages a[rel="${anchor.rel}"]`, page)?.closest("nav");
  const { style } = document.documentElement;
  style.overflowAnchor = "none"; // Some browsers would scroll too.
  merge(page);
  if (next) nav.replaceWith(document.importNode(next, true));
  else nav.remove();
  if (earlier) scrollBy({ top: top.getBoundingClientRect().top - before, behavior: "instant" });
  requestAnimationFrame(() => (style.overflowAnchor = ""));
}

function markSeen(notice) {
  for (const row of all()) {
    const inside = idOf(row) >= notice.first && idOf(row) <= notice.message;
    const here = !notice.thread || !messages.dataset.thread || Number(messages.dataset.thread) === notice.thread;
    if (!inside || !here || !row.matches(".is-mine") || $(".seen", row)) continue;
    const seen = Object.assign(document.createElement("span"), { className: "seen", textContent: "read" });
    $(".meta", row).append(" ", seen);
  }
}

// --- Notices ------------------------------------------------------------------------------------------------------
let waiting = [];
let soon = null;
let missed = false; // Something changed while nobody looked at this page.

function concerns(notice) {
  if (notice.kind === "sync") return true;
  if (!messages || Number(messages.dataset.conversation) !== notice.conversation) return false;
  return !messages.dataset.thread || Number(messages.dataset.thread) === notice.thread;
}

function hear(notice) {
  if (notice.kind === "read" && messages && Number(messages.dataset.conversation) === notice.conversation) markSeen(notice);
  if (notice.kind === "deleted" && messages && concerns(notice)) byId(notice.message)?.remove();
  waiting.push(notice);
  // At once, and then no more often than pages can be made.
  soon ??= setTimeout(act, notice.kind === "sync" ? random(0, 1000) : 20);
}

async function act() {
  const notices = waiting;
  waiting = [];
  try {
    await tryTo(() => answer(notices));
  } finally {
    soon = waiting.length ? setTimeout(act, 200) : null;
  }
}

async function answer(notices) {
  // A message is read when it is shown to somebody: not in a tab that nobody sees.
  if (document.hidden) missed = true;
  const ours = notices.filter(concerns);
  const ids = ours.filter(({ kind }) => kind === "new" || kind === "edited").map(({ message }) => message);
  if (!document.hidden && rows) await refreshRows();
  else if (!document.hidden && messages && ours.some(({ kind }) => kind === "sync")) await refreshMessages();
  else if (!document.hidden && messages && ids.length) await refreshMessages(ids);
  await badges();
}

// What this page shows is up to date already: only the badges, and from when on to compare.
async function badges() {
  const now = await askState();
  if (!document.hidden) stamp = now.stamp;
}

async function refresh() {
  if (document.hidden) {
    missed = true;
    return;
  }
  missed = false;
  if (rows) await refreshRows();
  else if (messages) await refreshMessages();
}

// A page that cannot be reached is tried again by whatever comes next.
async function tryTo(work) {
  try {
    await work();
    say("");
  } catch (error) {
    if (error.message === "another member") return;
    if (!(error instanceof TypeError) && !/^50[234]/.test(error.message)) throw error;
    say("No connection. Bobbin tries again.");
  }
}

function say(text) {
  const line = $("#connection");
  if (line && line.textContent !== text) line.textContent = text;
}

// --- Live updates: one stream for all tabs of a browser, where tabs can agree ---------------------------------------
const SLOW = 60_000; // In any case; what is told can be lost on its way.
const FAST = [8_000, 12_000]; // While nobody tells.
const tabs = new BroadcastChannel("bobbin");
let told = false; // By a stream, of this tab or of another.
let last = null; // The message that was told of last.
let source = null;

function listen() {
  const address = new URL("/events/", location.href);
  if (eventsPort) address.port = eventsPort;
  if (last) address.searchParams.set("last", last);
  source = new EventSource(address, { withCredentials: Boolean(eventsPort) });
  source.onopen = () => pass({ kind: "open" });
  source.onmessage = ({ data, lastEventId }) => {
    last = lastEventId || last;
    pass(JSON.parse(data));
  };
  source.onerror = () => {
    pass({ kind: "closed" });
    if (source.readyState !== EventSource.CLOSED) return; // The browser tries again by itself.
    source.close();
    setTimeout(listen, random(3_000, 6_000));
  };
}

function pass(notice) {
  tabs.postMessage(notice);
  receive(notice);
}

function receive(notice) {
  if (notice.kind === "open") {
    told = true;
    tryTo(look); // What changed between the making of the page and now.
  } else if (notice.kind === "closed") told = false;
  else if (notice.kind === "asking") source?.readyState === EventSource.OPEN && tabs.postMessage({ kind: "open" });
  else hear(notice);
  document.documentElement.dataset.live = told ? "yes" : "no";
}

async function poll() {
  for (;;) {
    await new Promise((done) => setTimeout(done, told ? SLOW : random(...FAST)));
    if (!document.hidden) await tryTo(look);
  }
}

function beginLive() {
  tabs.onmessage = ({ data }) => receive(data);
  tabs.postMessage({ kind: "asking" });
  // Kept until this tab is closed; then the next one listens.
  if (navigator.locks) navigator.locks.request("bobbin-events", () => new Promise(listen));
  else listen();
  poll();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) tryTo(missed ? () => refresh().then(badges) : look);
  });
  addEventListener("online", () => tryTo(look));
}

// --- Forms in place, drafts -----------------------------------------------------------------------------------------
const draftKey = (form) => `draft ${new URL(form.action).pathname}`;

function restoreDrafts(within = document) {
  for (const form of $$("form.compose", within)) {
    const draft = sessionStorage.getItem(draftKey(form));
    if (draft !== null) $("textarea", form).value = draft;
  }
}

// A form that was sent the plain way and did not come back has arrived.
function forgetSentDraft() {
  const key = sessionStorage.getItem("sent");
  sessionStorage.removeItem("sent");
  if (key && !$(".errorlist")) sessionStorage.removeItem(key);
}

let opening = false; // What is typed until the form is there must not be taken for shortcuts.

// The form of another page, in a row of this one.
async function openForm(anchor, row) {
  const open = $("form.compose", row);
  opening = !open;
  const page = open ? null : await get(anchor.href).finally(() => (opening = false));
  const form = open ?? (page && $("form.compose", page));
  if (!form) return location.assign(anchor.href);
  if (!open) {
    const isEdit = new URL(form.action, location.href).pathname.endsWith("/edit/");
    const placed = document.importNode(form, true);
    for (const field of $$("[id]", placed)) field.id += `_${row.id}`;
    for (const label of $$("label", placed)) label.htmlFor += `_${row.id}`;
    const cancel = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "Cancel" });
    cancel.dataset.cancels = "";
    placed.append(" ", cancel);
    if (isEdit) row.classList.add("is-edited-here");
    row.append(placed);
    restoreDrafts(row);
  }
  const area = $("textarea", row);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

function closeForm(form) {
  const row = form.closest("li.message");
  if (!row) return document.activeElement?.blur();
  if (row.matches(".is-edited-here")) sessionStorage.removeItem(draftKey(form));
  form.remove();
  row.classList.remove("is-edited-here");
  row.tabIndex = -1;
  row.focus();
}

async function submit(form, button) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  $(".failed", form)?.remove();
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
    const page = parse(await response.text());
    if (isLogin(response)) fail(form, "You were logged out. Your text is kept: log in again.");
    else if (response.ok && $("ol.messages", page)) await sent(form, page, response.url);
    else if ($("form.compose", page)) showErrors(form, $("form.compose", page));
    else fail(form, $("h1", page)?.textContent ?? "That went wrong.");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    fail(form, "No connection. Your text is kept; send it again.");
  } finally {
    delete form.dataset.busy;
  }
}

async function sent(form, page, address) {
  const whole = new URL(address);
  sessionStorage.removeItem(draftKey(form));
  if (messages.dataset.thread) {
    // Of the page around it only what was sent, unless all that stands between is shown here.
    const id = Number(whole.hash.slice(2));
    merge(page, (other) => other === id || !link("next"));
  } else if (link("next")) return location.assign(address);
  else await refreshMessages([lastId() + 1]);
  if (form.closest("li.message")) closeForm(form);
  else renew(form, page);
  byId(whole.hash.slice(2) || lastId())?.scrollIntoView({ block: "nearest" });
}

// Empty, and with another id: what is written next is another message.
function renew(form, page) {
  $("textarea", form).value = "";
  for (const list of $$(".errorlist", form)) list.remove();
  const fresh = $('form.compose input[name="client_id"]', page);
  if (fresh && form.elements.client_id) form.elements.client_id.value = fresh.value;
}

function showErrors(form, answer) {
  for (const list of $$(".errorlist", form)) list.remove();
  for (const list of $$(".errorlist", answer)) form.prepend(document.importNode(list, true));
}

function fail(form, text) {
  const line = Object.assign(document.createElement("p"), { className: "failed", textContent: text });
  line.setAttribute("role", "alert");
  form.append(line);
}

// --- Deep threads ---------------------------------------------------------------------------------------------------
function fold() {
  if (!messages.dataset.thread) return;
  for (const row of all()) {
    const below = row.nextElementSibling;
    if (depthOf(row) !== FOLDED_BELOW || !below || depthOf(below) <= FOLDED_BELOW || $(".fold", row)) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "fold link" });
    $(".actions", row).append(button);
    const deep = deepBelow(row);
    // The latest message, what is new and what a link points to stay in sight.
    setFold(row, button, deep.length < 3 || deep.some((one) => !one.nextElementSibling || one.matches(".is-new, :target")));
  }
}

function reveal(row) {
  let above = row;
  while (above && depthOf(above) > FOLDED_BELOW) above = above.previousElementSibling;
  const button = above && above !== row && $(".fold", above);
  if (button) setFold(above, button, true);
}

function deepBelow(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && depthOf(next) > depthOf(row); next = next.nextElementSibling) found.push(next);
  return found;
}

function setFold(row, button, open) {
  const deep = deepBelow(row);
  for (const below of deep) below.hidden = !open;
  button.setAttribute("aria-expanded", open);
  button.textContent = open ? "Fold replies" : `Show ${deep.length} more ${deep.length === 1 ? "reply" : "replies"}`;
}

// --- Keyboard -------------------------------------------------------------------------------------------------------
function step(by) {
  const items = $$("#rows li, ol.messages li[data-message]").filter((item) => !item.hidden);
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const item = items[Math.min(Math.max(at + by, 0), items.length - 1)];
  if (!item) return;
  const focusable = item.matches("li.message") ? item : $("a", item);
  if (focusable === item) item.tabIndex = -1;
  focusable.focus();
  item.scrollIntoView({ block: "nearest" });
}

const current = () => document.activeElement?.closest("li.message");
const REPLY = '.actions a[href$="/reply/"]';
const EDIT = '.actions a[href$="/edit/"]';
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => (current() ? $(REPLY, current()).click() : $("form.compose textarea")?.focus()),
  e: () => current() && $(EDIT, current())?.click(),
  n: () => $(".top .button")?.click(),
  i: () => $(".brand")?.click(),
  "/": () => ($('input[type="search"]') ? $('input[type="search"]').focus() : $('.top a[href$="/search/"]')?.click()),
  "?": () => $("#keys")?.showModal(),
};

function press(event) {
  const form = event.target.closest?.("form.compose");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return form.requestSubmit();
  if (form && event.key === "Escape") return closeForm(form);
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select, dialog *")) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  if (!opening) action();
}

// --- Clicks ---------------------------------------------------------------------------------------------------------
function click(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = event.target.closest("a, button");
  if (!target) return;
  const row = target.closest("ol.messages li.message");
  const page = messages && target.matches('nav.pages a[rel="prev"], nav.pages a[rel="next"]');
  if (page) take(event, () => loadPage(target));
  else if (messages && row && target.matches(`${REPLY}, ${EDIT}`)) take(event, () => openForm(target, row));
  else if (target.matches("[data-cancels]")) closeForm(target.form);
  else if (target.matches(".fold")) setFold(row, target, target.getAttribute("aria-expanded") !== "true");
  else if (target.matches("[data-theme-switch]")) switchTheme();
  else if (target.matches("[data-opens]")) document.getElementById(target.dataset.opens).showModal();
}

function take(event, work) {
  event.preventDefault();
  const address = event.target.closest("a").href;
  // The plain way, when this one fails.
  work().catch(() => location.assign(address));
}

// --- Begin ----------------------------------------------------------------------------------------------------------
showTheme();
document.documentElement.classList.add("has-script");
showTimes();
showTitle();
setInterval(showTimes, 60_000);
document.addEventListener("click", click);
document.addEventListener("keydown", press);
document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("form.compose");
  if (form && target.matches("textarea")) sessionStorage.setItem(draftKey(form), target.value);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (messages && form.matches("form.compose")) {
    event.preventDefault();
    submit(form, event.submitter);
  } else if (form.matches("form.compose")) {
    if (form.dataset.busy) event.preventDefault();
    form.dataset.busy = "yes";
    sessionStorage.setItem("sent", draftKey(form));
  }
});
addEventListener("hashchange", () => {
  const row = document.getElementById(location.hash.slice(1));
  if (!row?.hidden) return;
  reveal(row);
  row.scrollIntoView();
});
addEventListener("pageshow", () => $$("form[data-busy]").forEach((form) => delete form.dataset.busy));
if (state) {
  forgetSentDraft();
  restoreDrafts();
  if (messages) fold();
  beginLive();
} else if ("visitor" in document.body.dataset) sessionStorage.clear(); // Logged out: no draft is left behind.
