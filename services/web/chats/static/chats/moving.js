// @ts-check
// Moves the focus between the rows of a page, and from page to page. Loaded when a key needs it (keys.js). As after a
// click on a link, drafts keep the text of open forms.

import { say } from "./arrivals.js";
import { tryTo } from "./events.js";
import { get } from "./fetching.js";
import { reveal } from "./folding.js";
import { here, keyOf, places } from "./lists.js";
import { $, $$, addressOf, required } from "./page.js";
import { markByKey } from "./remembered.js";
import { all, byId, EDIT, END, focusRow, idOf, isInView, lastId, link, ROW, targetId } from "./rows.js";
import { gettext } from "./texts.js";

const LAST_PAGE = "to=9223372036854775807"; // As in accounts/requests.py: the largest id.
let isSearching = false; // Whether the next unread message is being looked up.

const items = () => $$(`ol.messages ${ROW}, .rows > li`).filter((item) => !item.hidden);

/** @param {HTMLElement[]} among */
const placeOf = (among) => among.findIndex((item) => item.contains(document.activeElement));

/** @param {HTMLElement} item */
function moveTo(item) {
  if (item.matches("li.message")) focusRow(item);
  else required("a", item).focus({ preventScroll: true });
  // Without animation, because the next key press must find the row in view.
  item.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/**
 * Moves from the focused row. If it is not visible, starts at the message of the URL. If that is not visible either, `j`
 * starts at the first visible row and `k` at the last.
 * @param {1 | -1} by
 */
export function step(by) {
  const among = items();
  const at = placeOf(among);
  const target = byId(targetId());
  const visible = by > 0 ? among.find(isInView) : among.findLast(isInView);
  const begin = target && isInView(target) ? target : visible;
  const item = at >= 0 && isInView(among[at]) ? among[at + by] : begin;
  if (item) moveTo(item);
}

// Goes to the page with the newest message if this page does not show it.
export function moveToNewest() {
  if (link("next")) location.assign(addressOf(LAST_PAGE) + END);
  else moveTo(required(`#m${lastId()}`));
}

/** The next unread row below the focused one, or the next unread message that this page does not show. */
export async function moveToUnread() {
  const among = items();
  const next = among.slice(placeOf(among) + 1).find((item) => item.matches(".is-new, .is-unread"));
  if (next) return moveTo(next);
  if (isSearching) return;
  isSearching = true;
  await tryTo(openUnread).finally(() => (isSearching = false));
}

// The list begins with the latest message. Opens the first unread one of the same conversation.
async function openUnread() {
  const address = $('a[data-count="unread"]')?.href;
  const page = address && (await get(address));
  const others = page ? $$(".rows > li[data-message]", page).filter((row) => !byId(idOf(row))) : [];
  const first = others.findLast((row) => row.dataset.conversation === others[0].dataset.conversation);
  if (first) {
    markByKey();
    location.assign(required("a", first).href);
  } else say(gettext("No more unread messages."));
}

// Goes to the list that this tab has shown last, or to the inbox.
export function backToList() {
  const { latest } = places();
  const address = latest && latest !== here() ? latest : $("a.brand")?.href;
  if (address && address !== location.href) location.assign(address);
}

// Moves to the newest message, after `moveToNewest` has opened this page. In a list, moves to the row that had the focus,
// or to the row at its place if it has left the list.
export function moveToPlace() {
  if (location.hash === END && all().length) return moveTo(required(`#m${lastId()}`));
  const place = places().rows[here()];
  const among = items();
  const same = place && among.find((one) => keyOf(one) === place.key);
  const item = same ?? (place && among[Math.min(place.at, among.length - 1)]);
  if (item) moveTo(item);
}

// Opens the latest message of the member. The focus returns to the composer when the form is closed (forms.js).
export function editLast() {
  if (link("next") || $("li.is-unsent")) return; // The latest message is on a later page, or has not been sent yet.
  const own = all().filter((row) => $(EDIT, row));
  if (!own.length) return;
  const row = own.reduce((one, other) => (idOf(one) > idOf(other) ? one : other));
  reveal(row);
  row.dataset.fromComposer = "";
  $(EDIT, row)?.click();
}
