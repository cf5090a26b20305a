// The message that the address of the page names ("#m12"): it is shown, wherever it is.

import { reveal } from "./folding.js";
import { stays } from "./keeping.js";
import { $, messages } from "./page.js";
import { all, byId, targetId } from "./rows.js";

const OPEN = "That message is on another page. This one has an open form: open the link in a new tab.";

// After a change of the fragment, or a click on a link to the same one.
export function showTarget() {
  const id = messages && targetId();
  if (!id) return;
  const row = byId(id);
  if (!row) return openElsewhere(id, () => stays(OPEN));
  if (!row.hidden) return; // The browser scrolls to it.
  reveal(row);
  row.scrollIntoView();
}

// On load the browser scrolls by itself: `fold` keeps the target visible.
export function findTarget() {
  if (messages && targetId() && !byId(targetId())) openElsewhere(targetId());
}

export const isTarget = (anchor) => anchor.hash && anchor.href === location.href;

// Another page of this conversation or thread. Without such a message this page stays as it is.
async function openElsewhere(id, isKept = () => false) {
  const permalink = $(".meta a.quiet", all()[0])?.href.replace(/\d+\/$/, `${id}/`);
  if (!permalink) return;
  const answer = await fetch(permalink, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type !== "opaqueredirect") return;
  const begins = new URLSearchParams(location.search).get("from") === id;
  if (!isKept()) location.replace(messages.dataset.thread || begins ? permalink : `${location.pathname}?from=${id}#m${id}`);
}
