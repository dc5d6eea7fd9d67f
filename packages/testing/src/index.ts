/**
 * Testing what you build on Sluice: decoders that no network can surprise, pipelines that tell what they did, and transports
 * that keep what handlers are promised.
 *
 * ## Decoders
 *
 * A stream arrives in pieces, and where it is cut is nobody's choice: a decoder that works on a fast local network meets
 * its first torn delimiter in production. {@link verifyDecoder} cuts an example everywhere and demands one outcome:
 *
 * ```ts
 * verifyDecoder({
 *   decoder: () => new LineSplitter({ maxLength: 8 }),
 *   input: "one\r\ntwo\nfar too long\nthree\nfo",
 *   messages: ["one", "two", "three"],
 *   errors: [{ code: "FRAME_TOO_LONG", offset: 9, after: 2 }, "FRAME_TRUNCATED"],
 * });
 * ```
 *
 * It throws or it does not, so it runs in any test runner and without one. When it throws, the message shows the smallest
 * cut that fails, chunks divided by bars, and how the outcome differs:
 *
 * ```text
 * Cutting the input changes what comes out: 6f 6e 65 0d | 0a
 *
 *     uncut               | cut
 *   ≠ bytes "one"         | error FRAME_TOO_LONG offset=0
 *     -- end of stream -- | -- end of stream --
 *
 * Smallest cut that fails: 6f 6e 65 0d | 0a
 *               that is: "one\r" | "\n"
 * To run it alone:         verifyDecoder({ decoder, input: ByteBuf.fromHex("6f 6e 65 0d 0a") })
 * To repeat all of this:   seed: 915935474
 * ```
 *
 * An input written as parts says besides which bytes complete which messages, and so that none comes late:
 *
 * ```ts
 * verifyDecoder({
 *   decoder: () => new LineSplitter(),
 *   input: [
 *     ["one\n", ["one"]],
 *     ["two\nthr", ["two"]],
 *     ["ee\n", ["three"]],
 *   ],
 * });
 * ```
 *
 * Without `messages` there is nothing to write down at all, which suits a generator of inputs such as fast-check:
 *
 * ```ts
 * fc.assert(fc.property(fc.uint8Array(), (input) => void verifyDecoder({ decoder: () => new LineSplitter(), input })));
 * ```
 *
 * Decoders that count what they do, in number properties `bytesScanned` and `bytesCopied`, are also held to a constant
 * number of looks and copies per byte. All of `ByteToMessageDecoder`'s subclasses do.
 *
 * ## Pipelines
 *
 * A {@link RecorderHandler} stands anywhere in a pipeline and writes down what passes. Two that share a trace show who
 * acted first:
 *
 * ```ts
 * const trace: string[] = [];
 * const channel = new EmbeddedChannel(
 *   new RecorderHandler({ name: "A", trace }),
 *   new RecorderHandler({ name: "B", trace }),
 * );
 * trace.join(" "); // "A.added B.added A.active B.active B.READ A.READ"
 * ```
 *
 * Channels to put them in are `EmbeddedChannel`s, with a clock that stands still, from `@sluice/core/embedded`.
 *
 * ## Transports
 *
 * {@link transportContract} is what handlers may rely on wherever their bytes come from, as cases for any test runner. What a
 * transport cannot do is declared, and every declaration has an assertion of its own:
 *
 * ```ts
 * let servers = 0;
 * const contract = transportContract({
 *   transport: local(),
 *   bindOptions: () => ({ local: `server-${++servers}` }),
 *   differences: { keepsMessages: true, carriesObjects: true },
 *   // A burst is what its sender has queued.
 *   maxBurstBytes: 16 * 1024 * 1024,
 * });
 * for (const { name, run, limitMs } of contract) it(name, run, limitMs);
 * ```
 *
 * {@link channelContract} is the part that looks at one channel only.
 */
export { type ChannelContractOptions, channelContract, type OpenedChannel } from "./contract/channel-contract.js";
export { ContractViolation } from "./contract/contract-violation.js";
export type { ContractCase } from "./contract/scene.js";
export {
  type TransportContractOptions,
  type TransportDifferences,
  transportContract,
} from "./contract/transport-contract.js";
export type { ExpectedError } from "./expected-trace.js";
export { RecorderHandler, type RecorderHandlerOptions } from "./recorder-handler.js";
export { VerificationError, type VerificationProblem } from "./verification-error.js";
export {
  type InputBytes,
  type InputPart,
  type VerificationReport,
  type VerifyDecoderOptions,
  verifyDecoder,
} from "./verify-decoder.js";
