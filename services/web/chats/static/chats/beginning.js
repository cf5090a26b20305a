// @ts-check
// A conversation without messages. When the counterpart writes first, its page shows the conversation.

import { deleteDraft, draftFor, keyFor, remove, storeDraft, takeDrafts, write } from "./drafts.js";
import { fetchCounterpart, get } from "./fetching.js";
import { $, conversation } from "./page.js";

const FORM = "main > form.compose";

export async function refreshBeginning() {
  const page = await get(location.href);
  const fresh = page && $("ol.messages", page) && $(FORM, page);
  const form = $(FORM);
  if (!fresh || form?.dataset.busy) return; // Of a form that is being sent, the response shows the conversation.
  if (form) {
    deleteDraft(form);
    form.dataset.draft = fresh.dataset.draft; // The form of the conversation has the text.
    storeDraft(form);
  }
  location.assign(location.pathname);
}

// The digest of the account in a token, whose first part is JSON in URL-safe Base64 (chats/made_for.py).
function accountIn(made = "") {
  const json = atob(made.split(":")[0].replaceAll("-", "+").replaceAll("_", "/"));
  return /"account":"(\w+)"/.exec(json)?.[1];
}

/**
 * On the page of a conversation: takes the draft from the time before its first message. Not if the name has another
 * owner now.
 * @param {string} about
 */
export async function takeBeginning(about) {
  const now = await fetchCounterpart({ conversation: String(conversation) });
  if (now.conversation === null) return;
  const [draft, key] = [draftFor(about), `conversation:${conversation}`];
  const account = accountIn(draft?.made);
  if (!draft || !account || account !== accountIn(now.made) || draftFor(key)) return;
  if (write(keyFor(key), draft)) remove(keyFor(about));
  takeDrafts();
}
