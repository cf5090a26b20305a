// A shared worker: holds the one stream of a browser whose tabs have no locks. Its name is the address.

import { listen } from "./stream.js";

listen(self.name);
