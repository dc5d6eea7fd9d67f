/**
 * Where bytes that arrive are kept.
 *
 * ```
 *   kernel ──read──▶ READ_BUFFER (one per process, reused) ──copy once──▶ slab (written once, never again)
 *                                                                         [ msg │ msg │ msg │ free …      ]
 * ```
 *
 * Sockets are read one at a time, so all share one read buffer and an idle connection holds none. What arrived is
 * copied into the current slab; a slab that has no room left is dropped and lives as long as someone holds a part
 * of it. So memory a handler has seen is never rewritten, and nothing has to be released.
 */
import { ByteBuf, copyBytes } from "@sluice/buffer";

/** As large as a read of libuv, which fills at most this much at a time. */
const READ_BUFFER_BYTES = 64 * 1024;
export const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

const SLAB_BYTES = 64 * 1024;
/** Larger reads get memory of their own, so that no slab is left half empty for them. */
const LARGEST_IN_SLAB = SLAB_BYTES / 4;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

/** Moves the first `length` bytes of the read buffer to memory of their own. */
export function keepRead(length: number): ByteBuf {
  if (length > LARGEST_IN_SLAB) {
    const own = Buffer.allocUnsafeSlow(length);
    READ_BUFFER.copy(own, 0, 0, length);
    return ByteBuf.received(own, 0, length);
  }
  if (used + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  copyBytes(READ_BUFFER, 0, slab, start, length);
  used += length;
  return ByteBuf.received(slab, start, length);
}
