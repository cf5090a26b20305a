// @ts-check
// A conversation without messages. When the counterpart writes first, its page shows the conversation.

import { deleteDraft, storeDraft } from "./drafts.js";
import { get } from "./fetching.js";
import { $ } from "./page.js";

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
