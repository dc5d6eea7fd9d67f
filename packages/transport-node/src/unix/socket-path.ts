/** Whether a path can be a socket's: the system has room for about a hundred bytes and cuts what is longer. */
import { SluiceError } from "@sluice/buffer";

/**
 * @throws INVALID_ARGUMENT without a path, and for one the system would cut short: older versions of Node listen on what
 * remains of it, and leave its file behind
 */
export function checkedPath(path: string | undefined): string {
  if (path === undefined || path === "") throw new SluiceError("INVALID_ARGUMENT", "a Unix socket needs { path }");
  // A zero byte would end the path early; at its beginning it would mean Linux's abstract names, which Node mistakes.
  if (path.includes("\0")) throw new SluiceError("INVALID_ARGUMENT", "the path of a Unix socket has no zero bytes");
  const length = Buffer.byteLength(path);
  if (process.platform === "win32" || length <= LONGEST_PATH) return path;
  throw new SluiceError("INVALID_ARGUMENT", `the path of a Unix socket is too long: ${path}`, {
    length,
    limit: LONGEST_PATH,
  });
}

/** `sockaddr_un.sun_path` without the zero byte at its end: 108 bytes on Linux, 104 on the BSDs and macOS. */
const LONGEST_PATH = process.platform === "linux" ? 107 : 103;
