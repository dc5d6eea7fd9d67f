/** Text in columns, for terminals and pipes alike: no colour, and wide characters keep the columns straight. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** How many columns a terminal gives to `text`: two for a Chinese character or an emoji, none for a combining mark. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** `text`, filled up with spaces to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** `text`, with spaces in front to make `width` columns. */
export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** The beginning of `text`, at most `width` columns of it, the last one an ellipsis if something is missing. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) {
    columns += graphemeWidth(segment);
    if (columns > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/**
 * Bytes as text that may be printed: whole UTF-8 characters as they are, everything else escaped. A character torn
 * in the middle shows as its bytes (`\xe7\xb2`), and nothing a peer sends can move the cursor or change the title.
 */
export function printable(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes[at] as number);
    const character = decode(bytes.subarray(at, at + length));
    text += character === undefined ? hexEscape(bytes[at] as number) : escapeCharacter(character, bytes[at + 1]);
    at += character === undefined ? 1 : length;
  }
  return text;
}

/** A message as text that may be printed. */
export function printableText(text: string): string {
  return printable(Buffer.from(text));
}

function graphemeWidth(grapheme: string): number {
  let width = 0;
  for (const character of grapheme) width = Math.max(width, ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1);
  return width;
}

/** Bytes a UTF-8 character takes, as its first byte says. */
function characterLength(lead: number): number {
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Undefined when the bytes are not exactly one character. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function escapeCharacter(character: string, next: number | undefined): string {
  // In front of a digit \0 would read as the beginning of another escape.
  if (character === "\0" && !isDigit(next)) return "\\0";
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  if (!UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) as number;
  return code < 0x80 ? hexEscape(code) : `\\u{${code.toString(16)}}`;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const SHORT_ESCAPES = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\\", "\\\\"],
]);
/** Controls, invisible formatting (text direction among it), and line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
