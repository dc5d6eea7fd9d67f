/**
 * A value as text, complete and canonical: two values have the same text exactly when they are deeply equal.
 *
 * So one function serves to compare, to notice later changes, and to print. Bytes are bytes whatever carries them:
 * a `ByteBuf` has the text of a `Uint8Array` with the same readable bytes. Keys are sorted; classes count by name;
 * what an object keeps private counts only through a `toString` of its own.
 *
 * | value | text |
 * |---|---|
 * | printable bytes | `bytes "one\r\n"` |
 * | other bytes | `bytes 00 0c ff` |
 * | a string | `"one"` |
 * | objects | `{ id: 1, tags: ["a"] }`, `Request { id: 1 }` |
 */

import { ByteBuf } from "@sluice/buffer";

export function describeValue(value: unknown): string {
  return describe(value, []);
}

/** The bytes as `00 0c ff`. */
export function describeHex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += (i === 0 ? "" : " ") + (HEX[bytes[i]!] as string);
  return text;
}

/** The readable bytes of what carries bytes, in memory of their own; undefined for anything else. */
export function copyOfBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof ByteBuf) return value.toUint8Array();
  return value instanceof Uint8Array ? Uint8Array.from(value) : undefined;
}

/** @param above The objects around this one, outermost first. */
function describe(value: unknown, above: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      return `function ${value.name}`;
    case "object":
      return value === null ? "null" : describeObject(value, above);
    default:
      return String(value);
  }
}

function describeObject(value: object, above: readonly object[]): string {
  if (value instanceof ByteBuf) return describeBytes(value.asUint8Array());
  if (value instanceof Uint8Array) return describeBytes(value);
  if (above.includes(value)) return `circular ${above.length - above.indexOf(value)}`;
  const inside = [...above, value];
  const item = (part: unknown) => describe(part, inside);
  if (Array.isArray(value)) return `[${value.map(item).join(", ")}]`;
  const name = classOf(value);
  if (value instanceof ArrayBuffer) return `${name} ${describeBytes(new Uint8Array(value))}`;
  if (value instanceof DataView) {
    return `${name} ${describeBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`;
  }
  if (ArrayBuffer.isView(value))
    return `${name} [${Array.from(value as unknown as Iterable<unknown>, item).join(", ")}]`;
  if (value instanceof Map) {
    return braced(
      name,
      Array.from(value, ([key, part]) => `${item(key)} => ${item(part)}`),
    );
  }
  if (value instanceof Set) return braced(name, Array.from(value, item));
  if (value instanceof Date) return `${name} ${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()}`;
  const fields = fieldsOf(value).map(([key, part]) => `${key}: ${item(part)}`);
  if (value instanceof Error) return braced(`${name} ${JSON.stringify(value.message)}`, fields);
  if (fields.length === 0 && hasOwnText(value)) return `${name} ${String(value)}`;
  return name === "Object" ? braced("", fields) : braced(name, fields);
}

function describeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (!isPrintable(byte)) return `bytes ${describeHex(bytes)}`;
    text += String.fromCharCode(byte);
  }
  return `bytes ${JSON.stringify(text)}`;
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function classOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: string } } | null;
  return prototype?.constructor?.name ?? "Object";
}

function fieldsOf(value: object): [name: string, value: unknown][] {
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const named = fields.map(([key, part]): [string, unknown] => [
    IDENTIFIER.test(key) ? key : JSON.stringify(key),
    part,
  ]);
  for (const key of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, key)) {
      named.push([`[${String(key)}]`, (value as Record<symbol, unknown>)[key]]);
    }
  }
  return named;
}

/** Of a class that shows nothing but a text, such as `URL`, the text is all there is to compare. */
function hasOwnText(value: object): boolean {
  const own = value.toString;
  return typeof own === "function" && own !== Object.prototype.toString;
}

function braced(before: string, parts: readonly string[]): string {
  const body = parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
  return before === "" ? body : `${before} ${body}`;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
