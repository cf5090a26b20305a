// @ts-check
// Runs before the first paint, to avoid layout shifts. All other code runs later (bobbin.js).

import { fold } from "./folding.js";
import { group, watchGroups } from "./groups.js";
import { showTheme } from "./theme.js";
import { cover, hasAround, hasColumn, isFirstOpening, isFromHistory, state } from "./page.js";
import { byId, targetId } from "./rows.js";
import { showTimes } from "./times.js";

if (state && isFromHistory()) cover();
showTheme();
document.documentElement.classList.add("has-script");
document.documentElement.classList.toggle("has-column", hasColumn);
document.documentElement.classList.toggle("has-around", hasAround);
showTimes();
group();
watchGroups();
fold();
// The browser itself scrolls to the message of the URL after the first paint, when all scripts have run.
if (isFirstOpening()) byId(targetId())?.scrollIntoView({ behavior: "instant" });
