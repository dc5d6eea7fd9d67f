/**
 * A message in a few words on one line, for logs: `12B`, `"hello\n"`, `Request {"id":1}`.
 *
 * Messages come from peers, so the text is bounded, and control characters are escaped: nobody may forge a line of
 * the log or talk to the terminal it is read on.
 */
import { ByteBuf } from "@sluice/buffer";

export function describeMessage(message: unknown): string {
  return oneLine(clipped(inWords(message)));
}

/** Control characters and line separators as `\uXXXX`. */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function inWords(message: unknown): string {
  if (message instanceof ByteBuf) return `${message.readableBytes}B`;
  if (message instanceof Uint8Array) return `${message.length}B`;
  if (typeof message === "string") return JSON.stringify(message.slice(0, MAX_CHARACTERS + 1));
  if (typeof message !== "object" || message === null) return String(message);
  if (hasWordsOfItsOwn(message)) return String(message);
  const name = message.constructor?.name;
  const json = asJson(message);
  return name === undefined || name === "Object" || name === "Array" ? json : `${name} ${json}`;
}

function hasWordsOfItsOwn(message: object): boolean {
  const own = message.toString;
  return typeof own === "function" && own !== Object.prototype.toString && own !== Array.prototype.toString;
}

function asJson(message: object): string {
  try {
    return JSON.stringify(message, readable) ?? UNREADABLE;
  } catch {
    // Circular, too deep, or a toJSON that throws: the log does without its contents.
    return UNREADABLE;
  }
}

/** Bytes inside an object by their number, and what JSON has no word for by its own. */
function readable(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // Not `value`: some hosts' byte arrays have a toJSON, which has listed every byte by now.
  const original = this[key];
  if (original instanceof ByteBuf || original instanceof Uint8Array) return inWords(original);
  return typeof value === "bigint" ? `${value}n` : value;
}

function clipped(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

const MAX_CHARACTERS = 1024;
const UNREADABLE = "{…}";
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
