// @ts-check
// Shows the message of the URL fragment ("#m12"), even if it is folded or on another page.

import { reveal } from "./folding.js";
import { isAway } from "./away.js";
import { stays } from "./keeping.js";
import { $, addressOf, messages } from "./page.js";
import { all, byId, focusRow, idOf, isInView, lastId, link, targetId } from "./rows.js";
import { gettext } from "./texts.js";

const OPEN = gettext("That message is on another page. This one has an open form: open the link in a new tab.");

// Called after a change of the fragment, or after a click on a link to the current fragment.
export function showTarget() {
  const id = messages && targetId();
  if (!id) return;
  const row = byId(id);
  if (!row) return openOnItsPage(id, () => stays(OPEN));
  row.classList.remove("is-opening"); // Now a link has led to it.
  reveal(row);
  row.scrollIntoView();
  focusRow(row);
}

// On load, the browser scrolls by itself, because `fold` keeps the target visible.
export function findTarget() {
  const id = messages && targetId();
  const row = byId(id ?? undefined);
  if (row && !namedRow()) row.classList.add("is-opening"); // It stays without an outline when later messages come.
  if (id && !row) openOnItsPage(id);
}

/** The message of the fragment. Not one at which a conversation opens by itself, which is new or the newest one. */
export function namedRow() {
  const row = messages && byId(targetId());
  const isOpening = row && (row.matches(".is-new") || (idOf(row) === lastId() && !link("next")));
  return isOpening ? null : row;
}

/**
 * Moves the focus to the message of the fragment: it is the row that the keys act on.
 * @param {boolean} isBack Whether the browser may have scrolled to another place.
 */
export function focusTarget(isBack, row = namedRow()) {
  if (row && (!isBack || isInView(row))) focusRow(row);
}

/** @param {Element} anchor */
export const isTarget = (anchor) => anchor instanceof HTMLAnchorElement && anchor.hash && anchor.href === location.href;

/**
 * Opens the page of this conversation or thread that contains the message, if the message exists.
 * @param {string} id
 */
async function openOnItsPage(id, isKept = isAway) {
  const permalink = $(".meta > a", all()[0])?.href.replace(/\d+\/$/, `${id}/`);
  const isHere = new URLSearchParams(location.search).get("at") === id; // It is not of this conversation or thread.
  if (!permalink || isHere) return;
  const answer = await fetch(permalink, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect" && !isKept()) location.replace(`${addressOf(`at=${id}`)}#m${id}`);
}
