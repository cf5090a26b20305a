// Fetching what changed, with the rights of the member.

import { showBadges } from "./badges.js";
import { state } from "./page.js";
import { showTimes } from "./times.js";

export const isLogin = (response) => new URL(response.url).pathname.startsWith("/accounts/login");

export const UNCHANGED = Symbol("unchanged");

// A page; null when there is none, or UNCHANGED when it still shows what it did at `version`.
export async function get(address, version) {
  const asked = version ? { "If-None-Match": `"${version}"` } : {};
  const response = await fetch(address, { headers: { Accept: "text/html", ...asked } });
  if (response.status === 304) return UNCHANGED;
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

export function parse(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  showTimes(page);
  return page;
}

// Shows the badges; returns the stamp of now.
export async function askState() {
  const response = await fetch(state, { headers: { Accept: "application/json" } });
  if (isLogin(response)) location.reload();
  if (!response.ok) throw new Error(`${response.status} for ${state}`);
  const now = await response.json();
  checkMember(now.member);
  showBadges(now);
  return now;
}
