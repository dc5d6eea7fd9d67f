/** Frames that end in something. */

import {
  DelimiterBasedFrameDecoder,
  type DelimiterBasedFrameDecoderOptions,
  JsonObjectDecoder,
  type JsonObjectDecoderOptions,
  LineBasedFrameDecoder,
  type LineBasedFrameDecoderOptions,
} from "sluice";
import { type FramingExample, hex } from "./framing-example.js";

const line = (options?: LineBasedFrameDecoderOptions) => () => new LineBasedFrameDecoder(options);
const delimiter = (options: DelimiterBasedFrameDecoderOptions) => () => new DelimiterBasedFrameDecoder(options);
const json = (options?: JsonObjectDecoderOptions) => () => new JsonObjectDecoder(options);

export const LineBasedFrameDecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example, a lone carriage return among it",
    decoder: line(),
    input: "one\r\n\ntwo\rthree\n",
    messages: ["one", "", "two\rthree"],
    repeatable: true,
  },
  { shows: "no bytes at all", decoder: line(), input: "", messages: [] },
  { shows: "empty lines", decoder: line(), input: "\n\r\n\n\r\n", messages: ["", "", "", ""], repeatable: true },
  {
    shows: "line ends that stay",
    decoder: line({ stripDelimiter: false }),
    input: "a\r\n\n",
    messages: ["a\r\n", "\n"],
  },
  {
    shows: "a row of carriage returns, of which the last is the end's",
    decoder: line(),
    input: "a\r\r\r\n",
    messages: ["a\r\r"],
  },
  {
    shows: "a line as long as the limit",
    decoder: line({ maxLength: 8 }),
    input: "12345678\r\n",
    messages: ["12345678"],
  },
  {
    shows: "a line one byte longer, and the next",
    decoder: line({ maxLength: 8 }),
    input: "123456789\r\nok\n",
    messages: ["ok"],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, limit: 8, after: 0 }],
    repeatable: true,
  },
  {
    shows: "a line as long as the limit, and a carriage return that is content after all",
    decoder: line({ maxLength: 8 }),
    input: "12345678\rx\nok\n",
    messages: ["ok"],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0 }],
  },
  {
    shows: "failing fast, the same errors in the same places",
    decoder: line({ maxLength: 2, failFast: true }),
    input: "ok\nfar too long\nok\nagain too long\r\n",
    messages: ["ok", "ok"],
    errors: [
      { code: "FRAME_TOO_LONG", offset: 3, after: 1 },
      { code: "FRAME_TOO_LONG", offset: 19, after: 2 },
    ],
  },
  {
    shows: "the end inside a line",
    decoder: line(),
    input: "one\ntwo\r",
    messages: ["one"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 4, length: 4 }],
    leftover: "two\r",
  },
  {
    shows: "the end inside a line that is too long",
    decoder: line({ maxLength: 2 }),
    input: "one",
    messages: [],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0 }],
  },
  {
    shows: "text that is torn inside a character",
    decoder: line(),
    input: "é€😀\r\n",
    messages: ["é€😀"],
    repeatable: true,
  },
  {
    shows: "strictness: only both bytes end a line",
    decoder: line({ strict: true }),
    input: "GET\r\n\r\na\nb\r\n",
    messages: ["GET", ""],
    errors: [{ code: "FRAME_CORRUPTED", offset: 8, after: 2 }],
  },
  {
    shows: "a switch of protocols in the middle of a chunk",
    decoder: line(),
    input: "STARTTLS\r\n\u0016\u0003\u0001\nmore\n",
    removeAfter: 1,
    leftover: "\u0016\u0003\u0001\nmore\n",
  },
];

export const DelimiterBasedFrameDecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example",
    decoder: delimiter({ delimiters: ["\r\n", "\n"] }),
    input: "ABC\nDEF\r\nGH",
    messages: ["ABC", "DEF"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 9, length: 2 }],
  },
  {
    shows: "a torn delimiter that begins with another, and no empty frame of it",
    decoder: delimiter({ delimiters: ["\r", "\n", "\r\n"] }),
    input: "a\r\nb\rc\n\r\n",
    messages: ["a", "b", "c", ""],
    repeatable: true,
  },
  {
    shows: "a delimiter that may go on, at the end of the stream",
    decoder: delimiter({ delimiters: ["\r", "\r\n"] }),
    input: "a\r",
    messages: ["a"],
    // Until then it is undecided, and handed on.
    leftover: "a\r",
  },
  {
    shows: "a torn delimiter behind a frame as long as the limit",
    decoder: delimiter({ delimiters: ["$$"], maxFrameLength: 4 }),
    input: "aaaa$$bb$$",
    messages: ["aaaa", "bb"],
    repeatable: true,
  },
  {
    shows: "half a delimiter behind a frame as long as the limit, that is content after all",
    decoder: delimiter({ delimiters: ["$$"], maxFrameLength: 4 }),
    input: "aaaa$b$$bb$$",
    messages: ["bb"],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, limit: 4, after: 0 }],
  },
  {
    shows: "failing slowly",
    decoder: delimiter({ delimiters: ["$$"], maxFrameLength: 4, failFast: false }),
    input: "a$$aaaaaa$$bb$$cccccc",
    messages: ["a", "bb"],
    errors: [
      { code: "FRAME_TOO_LONG", offset: 3, after: 1 },
      { code: "FRAME_TOO_LONG", offset: 15, after: 2 },
    ],
  },
  {
    shows: "the longest of two at one place",
    decoder: delimiter({ delimiters: ["ab", "abc"] }),
    input: "xabcyab",
    messages: ["x", "y"],
  },
  {
    shows: "a beginning that turns out to be content, with another delimiter in it",
    decoder: delimiter({ delimiters: ["abcd", "bc"] }),
    input: "xabcyabcd",
    messages: ["xa", "y"],
  },
  {
    shows: "a delimiter of its own beginnings",
    decoder: delimiter({ delimiters: ["aab"] }),
    input: "aaaabaab",
    messages: ["aa", ""],
  },
  {
    shows: "delimiters that stay",
    decoder: delimiter({ delimiters: ["\0"], stripDelimiter: false }),
    input: hex("61 00 00"),
    messages: [hex("61 00"), hex("00")],
  },
  {
    shows: "delimiters and nothing else",
    decoder: delimiter({ delimiters: ["$"] }),
    input: "$$$",
    messages: ["", "", ""],
    repeatable: true,
  },
  {
    shows: "a switch of protocols behind a delimiter that had to be read beyond",
    decoder: delimiter({ delimiters: ["\r", "\r\n"] }),
    input: "a\rbc",
    removeAfter: 1,
    leftover: "bc",
  },
];

export const JsonObjectDecoderExamples: readonly FramingExample[] = [
  { shows: "the documented example", decoder: json(), input: '{"a":1} {"b":"}"}', messages: ['{"a":1}', '{"b":"}"}'] },
  {
    shows: "elements of an array",
    decoder: json({ streamArrayElements: true }),
    input: '[{"a":1}, 2, [3,4]]',
    messages: ['{"a":1}', "2", "[3,4]"],
    repeatable: true,
  },
  {
    shows: "escapes",
    decoder: json(),
    input: '{"\\"}\\\\":"\\\\"}[]',
    messages: ['{"\\"}\\\\":"\\\\"}', "[]"],
    repeatable: true,
  },
  {
    shows: "strings, and words, at the top of an array",
    decoder: json({ streamArrayElements: true }),
    input: ' [ "a,]" , true,\n1e3 ] [] ',
    messages: ['"a,]"', "true", "1e3"],
  },
  {
    shows: "several objects as long as the limit together",
    decoder: json({ maxObjectLength: 7 }),
    input: '{"a":1}{"b":2}',
    messages: ['{"a":1}', '{"b":2}'],
    repeatable: true,
  },
  {
    shows: "an object one byte longer, brackets in it, and the next",
    decoder: json({ maxObjectLength: 7 }),
    input: '{"a":[2]}{}',
    messages: ["{}"],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, limit: 7, after: 0 }],
  },
  {
    shows: "an element that is too long, ended by what follows it",
    decoder: json({ maxObjectLength: 3, streamArrayElements: true }),
    input: "[123,1234,5]",
    messages: ["123", "5"],
    errors: [{ code: "FRAME_TOO_LONG", offset: 5, after: 1 }],
  },
  {
    shows: "what is no JSON",
    decoder: json(),
    input: "{}x{}",
    messages: ["{}"],
    errors: [{ code: "FRAME_CORRUPTED", offset: 2, after: 1 }],
  },
  {
    shows: "a comma out of place",
    decoder: json({ streamArrayElements: true }),
    input: "[1,,2]",
    messages: ["1"],
    errors: [{ code: "FRAME_CORRUPTED", offset: 3, after: 1 }],
  },
  {
    shows: "the end inside an object",
    decoder: json(),
    input: '{} {"a":"}',
    messages: ["{}"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 3, length: 7 }],
  },
  {
    shows: "the end inside an array",
    decoder: json({ streamArrayElements: true }),
    input: "[{}",
    messages: ["{}"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 3, length: 0 }],
  },
];
