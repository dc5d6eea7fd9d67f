/**
 * What `decode` may return: the message it has made, or nothing.
 *
 * `void` is there for decoders that push their messages, or only say what they need, and so return nothing at all.
 */
export type Decoded<T> = T | undefined | void;
