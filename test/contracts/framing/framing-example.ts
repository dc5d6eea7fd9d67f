/** An input somebody picked by hand, with what must come of it. */

import type { VerifyDecoderOptions } from "@sluice/testing";
import { ByteBuf } from "sluice";

export interface FramingExample extends VerifyDecoderOptions {
  /** What is shown, after "…". */
  readonly shows: string;
}

export const hex = (text: string): ByteBuf => ByteBuf.fromHex(text);
