// @ts-check
// A shared worker that holds the stream of a browser without Web Locks. Its name is the URL of the stream.

import { listen } from "./stream.js";

listen(self.name);
