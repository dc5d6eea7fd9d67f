/**
 * Taking over the path of a server that died.
 *
 * ```
 *   a socket? ──▶ does nobody answer? ──▶ move it aside ──▶ is it still that one? ──▶ delete it
 *      │no              │no                                     │no
 *      └────────────────┴── ADDRESS_IN_USE ──────── move it back┘
 * ```
 *
 * Between asking and deleting another process may have done the same and listen there already. Therefore the file is
 * moved, which only one of them can do, and looked at before it goes.
 */
import { link, lstat, rename, unlink } from "node:fs/promises";
import { createConnection } from "node:net";

/** Deletes the socket at `path` if nobody listens on it. @returns whether the path may be free now */
export async function removeStaleSocket(path: string): Promise<boolean> {
  const found = await inode(path);
  if (found === undefined) return false;
  if (await isAnswered(path)) return false;
  const aside = `${path}.stale-${process.pid}-${nextAside++}`;
  try {
    await rename(path, aside);
  } catch (error) {
    // Somebody else was faster, or the file is gone: the next attempt to listen will tell.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
  const isTheSame = (await inode(aside)) === found;
  if (!isTheSame) await link(aside, path).catch(() => {});
  await unlink(aside);
  return isTheSame;
}

/** Which file lies at the path, if it is a socket. */
async function inode(path: string): Promise<bigint | undefined> {
  try {
    const file = await lstat(path, { bigint: true });
    return file.isSocket() ? file.ino : undefined;
  } catch {
    return undefined;
  }
}

/** Anything but a refusal means that somebody may be there: a full backlog, for one, is an answer. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
}

/** Tells the files this process moves aside from each other. */
let nextAside = 1;
