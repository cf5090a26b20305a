// @ts-check
// Fetches pages and JSON with the session of the member.

import { anotherMember, checkContent, isHere, sessionLost, timesHidden } from "./away.js";
import { showBadges } from "./badges.js";
import { $, $$, state } from "./page.js";
import { gettext } from "./texts.js";
import { showTimes } from "./times.js";

/** @param {Response} response */
export const isLogin = (response) => new URL(response.url).pathname.startsWith("/accounts/login");

// Otherwise, after Back, Chromium answers from its HTTP cache without revalidation, whatever the headers say.
const FRESH = "no-cache";
const HTML = { Accept: "text/html" };
// Milliseconds until a request without a response has failed: a router may have lost the connection. Browsers would wait
// for minutes, and so would all updates behind it.
const LONGEST = 30_000;
export const inTime = () => AbortSignal.timeout(LONGEST);

/** Whether a request has failed because there was no response. @param {unknown} error */
export const isUnanswered = (error) =>
  error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");

export const UNCHANGED = Symbol("unchanged");

/**
 * Ends a response that nothing reads. Otherwise it occupies one of the browser's six connections to this host.
 * @param {Response} response
 */
export const discard = (response) => response.body?.cancel();

/**
 * Throws an AwayError if the response is the log-in page.
 * @param {Response} response
 */
export async function checkSession(response) {
  if (!isLogin(response)) return;
  await discard(response);
  sessionLost();
}

/**
 * @param {string} address
 * @param {Record<string, string>} headers
 */
async function request(address, headers) {
  const response = await fetch(address, { cache: FRESH, headers, signal: inTime() });
  await checkSession(response);
  if (!response.ok && ![304, 404].includes(response.status)) {
    await response.clone().blob(); // Reads the body to its end, although most callers do not.
    throw new Error(`${response.status} for ${address}`, { cause: response });
  }
  return response;
}

/**
 * Returns a page, or null for a 404.
 * @param {string} address
 */
export const get = async (address) => pageOf(await request(address, HTML));

/**
 * Returns a page, null for a 404, or UNCHANGED if the page still has the given version.
 * @param {string} address
 * @param {string | undefined} version
 */
export async function getChanged(address, version) {
  if (!version) return get(address);
  const response = await request(address, { ...HTML, "If-None-Match": `"${version}"` });
  return response.status === 304 ? UNCHANGED : pageOf(response);
}

/** @param {Response} response */
async function pageOf(response) {
  if (response.status === 404) {
    await discard(response);
    checkContent();
    return null;
  }
  const page = parse(await response.text());
  checkMember(page.body.dataset.member);
  checkContent();
  return page;
}

/** @param {string | number | undefined} member */
function checkMember(member) {
  if (String(member) !== document.body.dataset.member) anotherMember();
}

/** @param {string} html */
export function parse(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  showTimes(page);
  return page;
}

// Of an error page, which is not parsed: it may come from a proxy, and its styles would violate the CSP of this page.
/** @param {string} html */
export const headingOf = (html) => /<h1[^>]*>([^<]+)/.exec(html)?.[1] ?? gettext("Something went wrong");

/** @param {string} address */
async function getValues(address) {
  const response = await request(address, { Accept: "application/json" });
  const values = await response.json();
  checkMember(values.member);
  return values;
}

/**
 * Returns a counterpart by name or by the id of the conversation. `conversation` is null if there is none.
 * @param {{ conversation: string } | { to: string }} which
 * @returns {Promise<CounterpartState>}
 */
export async function fetchCounterpart(which) {
  const values = await getValues(`/chats/counterpart/?${new URLSearchParams(which)}`);
  checkContent();
  return values;
}

// Shows the badges. Returns the response, which contains the current generation.
export async function fetchState() {
  const before = timesHidden();
  /** @type {State} */
  const now = await getValues(String(state));
  if (isHere(before)) {
    await renewTokens(); // A log-in makes the tokens of this page invalid.
    document.dispatchEvent(new Event("here")); // unsent.js sends what waits.
  }
  showBadges(now);
  return now;
}

/**
 * Sends a form. If its CSRF token is older than the log-in, sends it again with a new one.
 * Returns the response that refused the form or the new token.
 * @param {() => Promise<Response>} send
 */
export async function sendWithToken(send) {
  const response = await send();
  if (response.status !== 403) return response;
  await discard(response);
  try {
    await renewTokens();
  } catch (error) {
    if (error instanceof Error && error.cause instanceof Response) return error.cause;
    throw error;
  }
  return send();
}

const TOKEN = 'input[name="csrfmiddlewaretoken"]';
let token = "";
// The CSRF token of this page, or "" if it has none: then `sendWithToken` fetches one.
export const currentToken = () => $(TOKEN)?.value ?? token;

// Replaces the CSRF tokens of this page with a token of the current session.
export async function renewTokens() {
  const page = await get("/chats/new/");
  const value = page && $('form.compose input[name="csrfmiddlewaretoken"]', page)?.value;
  if (!value) return;
  token = value;
  for (const field of $$(TOKEN)) field.value = value;
}
