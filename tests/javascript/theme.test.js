// Tests of theme.js: the theme and where it is stored.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage("<button data-theme-switch><span></span></button>");
const { showTheme, switchTheme } = await load("theme");
const shown = () => document.documentElement.dataset.theme;
const label = () => document.querySelector("span").textContent;

beforeEach(() => {
  localStorage.clear();
  showTheme("");
});

test("switch goes through the themes and begins again", () => {
  const seen = Array.from({ length: 3 }, () => (switchTheme(), label()));
  assert.deepEqual(seen, ["Light", "Dark", "System"]);
  assert.equal(shown(), undefined);
});

test("chosen theme is shown on the next page", () => {
  switchTheme();
  delete document.documentElement.dataset.theme;
  showTheme();
  assert.equal(shown(), "light");
});

test("stored theme is shown on the next page", () => {
  localStorage.setItem("bobbin-theme", "dark");
  showTheme();
  assert.deepEqual([shown(), label()], ["dark", "Dark"]);
});

test("theme that the admin stored or that Bobbin does not have is ignored", () => {
  localStorage.setItem("theme", "dark");
  for (const name of ["", "auto", "Dark", " light", "constructor", "__proto__"]) {
    localStorage.setItem("bobbin-theme", name);
    showTheme();
    assert.deepEqual([shown(), label()], [undefined, "System"]);
  }
});
