/** What a frame decoder tells about where it stands: those of `@sluice/codec` do. */
export interface FramePosition {
  /** Whether a frame has begun that is not complete. */
  readonly isMidFrame: boolean;
  /** Bytes of it that are there. */
  readonly unreadBytes: number;
}
