// Tests of first.js and page.js: a page from the browser history is covered before it is painted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

class PerformanceNavigationTiming {
  constructor(type) {
    this.type = type;
  }
}
globalThis.PerformanceNavigationTiming = PerformanceNavigationTiming;
let navigations = [new PerformanceNavigationTiming("back_forward")];
performance.getEntriesByType = () => navigations;
openPage("", { state: "/state/" });
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
const { cover, isCovered, isFromHistory } = await load("page", "first");
const { classList } = document.documentElement;

test("page of a member from the history is covered by its first script", () => {
  assert.deepEqual([...classList], ["is-checking", "has-script"]);
});

test("cover is a class that the style sheet knows, and ends without it", () => {
  classList.remove("is-checking");
  assert.equal(isCovered(), false);
  cover();
  assert.ok(isCovered() && classList.contains("is-checking"));
});

for (const [type, expected] of [
  ["back_forward", true],
  ["navigate", false],
  ["reload", false],
])
  test(`page that was opened by "${type}" is from the history: ${expected}`, () => {
    navigations = [new PerformanceNavigationTiming(type)];
    assert.equal(isFromHistory(), expected);
  });

test("page of a browser that does not say how it was opened is not from the history", () => {
  navigations = [];
  assert.equal(isFromHistory(), false);
});
