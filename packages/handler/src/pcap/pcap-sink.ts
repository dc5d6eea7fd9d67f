/**
 * Where the bytes of a capture go: a file, a stream, a list in a test.
 *
 * Each piece is fresh memory that is not written again, so a sink may keep it. What a sink throws ends the capture, and
 * nothing else.
 */
export interface PcapSink {
  /** Takes the next bytes. Called from inside the pipeline: a sink that waits makes its channels wait. */
  write(bytes: Uint8Array): void;
  /** Nothing follows. */
  close?(): void;
}
