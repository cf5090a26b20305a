// @ts-check
// Prepares the forms that consist of one button for a session that may be newer than this page. Loaded when one is sent.

import { AwayError } from "./away.js";
import { renewTokens } from "./fetching.js";
import { tabs } from "./live.js";
import { idOf } from "./rows.js";

/**
 * Renews the token of the form, because a log-in in another tab makes the token of this page invalid. Returns whether the
 * form can be sent.
 * @param {HTMLElement | null} submitter
 */
export async function prepare(submitter) {
  /** @type {HTMLElement | null | undefined} */
  const row = submitter?.closest("li.message");
  // Another window may be about to report it.
  if (row) tabs.postMessage({ kind: "left unread", message: idOf(row) });
  try {
    await renewTokens();
  } catch (error) {
    return !(error instanceof AwayError); // Then a dialog says that the session has ended.
  }
  return true;
}
