/** What all decoders have in common. */
export interface DecoderOptions {
  /**
   * Whether a fatal error closes the channel. Otherwise the decoder only drops what follows.
   * @default true
   */
  readonly closeOnFatalError?: boolean;
}
