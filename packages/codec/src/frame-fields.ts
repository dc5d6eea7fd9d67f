/** What an error about a frame may say beside where it is. */
export interface FrameFields {
  readonly length?: number;
  readonly limit?: number;
}
