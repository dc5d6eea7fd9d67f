/**
 * The host functions this package uses, and no other: it compiles without the types of any host.
 *
 * All of them exist in Node, Deno, Bun, browsers and workers; only the members used here are declared.
 */

/** Hosts return a number or an object; it is only ever handed back to {@link clearTimeout}. */
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(handle: unknown): void;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare var AbortController: {
  new (): { readonly signal: AbortSignal; abort(reason?: unknown): void };
};
