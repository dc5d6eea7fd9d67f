/** Every decoder there is. A new one is a row here, and all tests of this folder are its tests. */

import * as behindAFramer from "./behind-a-framer-rows.js";
import * as counted from "./counted-rows.js";
import type { DecoderRow } from "./decoder-row.js";
import * as delimited from "./delimited-rows.js";
import * as own from "./own-decoder-rows.js";
import * as stuffed from "./stuffed-rows.js";

export const decoders: readonly DecoderRow[] = [delimited, counted, stuffed, behindAFramer, own].flatMap((rows) =>
  Object.values(rows),
);
