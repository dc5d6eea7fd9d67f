/** A file that takes bytes as they come, for captures: in order, at once, and with nothing in between that could grow. */
import { closeSync, openSync, writeSync } from "node:fs";
import { SluiceError } from "@sluice/buffer";

/** What {@link fileSink} makes; `PcapCapture` and others take anything like it. */
export interface FileSink extends Disposable {
  /** @throws FILE_FAILED */
  write(bytes: Uint8Array): void;
  /** A second call does nothing. @throws FILE_FAILED */
  close(): void;
}

/**
 * Opens `path`, empties it, and writes to it as soon as something comes.
 *
 * Each write is a system call that returns when the bytes are in the system's memory: what has been written survives the
 * process, and a reader that follows the file sees it. On a disk that is slow and full of other writes the program waits;
 * for a measurement use a file system in memory.
 *
 * @throws FILE_FAILED
 *
 * @example
 * ```ts
 * const capture = new PcapCapture({ sink: fileSink("wire.pcapng"), onError: console.warn });
 * ```
 */
export function fileSink(path: string): FileSink {
  let file: number | undefined = attempt("open", path, () => openSync(path, "w"));
  const close = () => {
    const closing = file;
    file = undefined;
    if (closing !== undefined) attempt("close", path, () => closeSync(closing));
  };
  return {
    write(bytes) {
      const open = file;
      if (open === undefined) throw new SluiceError("FILE_FAILED", `${path} has been closed`);
      attempt("write", path, () => {
        for (let at = 0; at < bytes.length; ) at += writeSync(open, bytes, at);
      });
    },
    close,
    [Symbol.dispose]: close,
  };
}

function attempt<T>(what: string, path: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    throw new SluiceError("FILE_FAILED", `cannot ${what} ${path}: ${(cause as Error).message}`, { cause });
  }
}
