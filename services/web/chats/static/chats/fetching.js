// Fetches pages and JSON with the session of the member.

import { anotherMember, isHere, sessionLost } from "./away.js";
import { showBadges } from "./badges.js";
import { $, $$, state } from "./page.js";
import { showTimes } from "./times.js";

export const isLogin = (response) => new URL(response.url).pathname.startsWith("/accounts/login");

// Otherwise, after Back, Chromium answers from its HTTP cache without revalidation, whatever the headers say.
const FRESH = "no-cache";

export const UNCHANGED = Symbol("unchanged");

// Returns a page, null for a 404, or UNCHANGED if the page still has the given version.
export async function get(address, version) {
  const condition = version ? { "If-None-Match": `"${version}"` } : {};
  const response = await fetch(address, { cache: FRESH, headers: { Accept: "text/html", ...condition } });
  if (response.status === 304) return UNCHANGED;
  if (isLogin(response)) sessionLost();
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${response.status} for ${address}`);
  const page = parse(await response.text());
  checkMember(page.body.dataset.member);
  return page;
}

function checkMember(member) {
  if (String(member) !== document.body.dataset.member) anotherMember();
}

export function parse(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  showTimes(page);
  return page;
}

async function getValues(address) {
  const response = await fetch(address, { cache: FRESH, headers: { Accept: "application/json" } });
  if (isLogin(response)) sessionLost();
  if (!response.ok) throw new Error(`${response.status} for ${address}`);
  const values = await response.json();
  checkMember(values.member);
  return values;
}

// Returns a counterpart by name or by the id of the conversation. `conversation` is null if there is none.
export async function fetchCounterpart(which) {
  return getValues(`/chats/counterpart/?${new URLSearchParams(which)}`);
}

// Shows the badges. Returns the response, which contains the current generation.
export async function fetchState() {
  const now = await getValues(state);
  if (isHere()) await renewTokens(); // A log-in makes the tokens of this page invalid.
  showBadges(now);
  return now;
}

// Replaces the CSRF tokens of this page with a token of the current session.
export async function renewTokens() {
  const page = await get("/chats/new/");
  const token = page && $('form.compose input[name="csrfmiddlewaretoken"]', page)?.value;
  if (token) for (const field of $$('input[name="csrfmiddlewaretoken"]')) field.value = token;
}
