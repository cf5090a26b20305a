// @ts-check
// Updates the row of a message from the same row of a fetched page.

import { $, required } from "./page.js";
import { REPLY } from "./rows.js";

/** @param {HTMLElement} row @param {HTMLElement} fresh */
export function update(row, fresh) {
  row.ariaLabel = fresh.ariaLabel;
  for (const part of [".who", ".content", ".answers"]) {
    const [old, now] = [$(part, row), $(part, fresh)];
    if (old && now && old.innerHTML !== now.innerHTML) old.replaceWith(now);
  }
  Object.assign(required(".meta", row).dataset, { ...required(".meta", fresh).dataset }); // The initials of the name.
  const reply = $(REPLY, fresh); // There is no Reply link if the counterpart is deactivated.
  if (!reply) $(REPLY, row)?.remove();
  else if (!$(REPLY, row)) $(".actions", row)?.prepend(reply, " ");
  updateReplies(row, $(".replies", fresh));
  for (const mark of [".edited", ".seen"]) {
    const [old, now] = [$(mark, row), $(mark, fresh)];
    // Without the mark, the receiver has marked the message as unread again.
    if (!now) old?.remove();
    else if (!old) required(".meta", row).append(" ", now);
    else if (old.innerHTML !== now.innerHTML) old.replaceWith(now); // Another time.
    if (now && mark === ".seen") $(".sent", row)?.remove();
  }
}

/**
 * Updates the link from a first message to its thread. The link keeps the focus.
 * @param {HTMLElement} row
 * @param {HTMLElement | null} now
 */
function updateReplies(row, now) {
  const old = $(".replies", row);
  if (!now) old?.remove();
  else if (!old) required(".actions", row).before(now);
  else if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
}
