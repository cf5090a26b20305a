// @ts-check
// The button that chooses the time zone of this browser. Only the page with the choice of a time zone loads it.

import { make, required } from "./page.js";

const choice = required("select#id_time_zone");
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

function choose() {
  // The list has one name of each place, and the browser may know it by an earlier one.
  if (![...choice.options].some(({ value }) => value === zone))
    choice.append(make("option", { value: zone, textContent: zone }));
  choice.value = zone;
}

required("[data-zone-of-browser]").addEventListener("click", choose);
