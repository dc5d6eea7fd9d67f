/**
 * Values by host name, with wildcards for one label (RFC 6125, 6.4.3).
 *
 * ```
 *   api.example.org      api.example.org only, before any wildcard
 *   *.example.org        a.example.org, but neither example.org nor a.b.example.org
 * ```
 */
import { SluiceError } from "@sluice/buffer";

export class ServerNames<T> {
  readonly #values = new Map<string, T>();

  /** @throws INVALID_ARGUMENT for a name that can match nothing */
  set(name: string, value: T): void {
    if (!NAME.test(name)) throw new SluiceError("INVALID_ARGUMENT", `"${name}" is no host name`);
    this.#values.set(name.toLowerCase(), value);
  }

  get(name: string): T | undefined {
    const host = name.toLowerCase();
    const dot = host.indexOf(".");
    return this.#values.get(host) ?? (dot > 0 ? this.#values.get(`*${host.slice(dot)}`) : undefined);
  }

  get size(): number {
    return this.#values.size;
  }
}

const LABEL = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?";
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`, "i");
