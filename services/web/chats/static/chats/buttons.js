// @ts-check
// Sends the forms that consist of one button with a CSRF token of the current session.

import { AwayError } from "./away.js";
import { renewTokens } from "./fetching.js";
import { tabs } from "./live.js";
import { idOf } from "./rows.js";
import { leaveUnread } from "./seen.js";

const FORMS = "#mark-unread, #read-all, [data-notification] form";
/** @type {HTMLFormElement | null} */
let renewed = null; // The form that is being sent with a new token.

/**
 * A log-in in another tab makes the token of this page invalid.
 * @param {SubmitEvent} event
 */
export async function sendButton(event) {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement) || !form.matches(FORMS) || form === renewed) return;
  event.preventDefault();
  /** @type {HTMLElement | null | undefined} */
  const row = submitter?.closest("li.message");
  if (row) {
    leaveUnread(row);
    tabs.postMessage({ kind: "left unread", message: idOf(row) }); // Another window may be about to report it.
  }
  try {
    await renewTokens();
  } catch (error) {
    if (error instanceof AwayError) return; // A dialog says that the session has ended.
  }
  renewed = form; // Without a connection, the browser shows its own page.
  form.requestSubmit(submitter);
  renewed = null;
}
