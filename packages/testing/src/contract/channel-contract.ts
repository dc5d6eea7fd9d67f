/**
 * What holds of every channel, whatever carries it: the part of the contract that needs no second channel to look at.
 *
 * It suits channels without a network, such as `EmbeddedChannel`; {@link transportContract} holds both ends of each
 * connection to it as well.
 */
import type { ByteBuf, Channel, ChannelHandler } from "@sluice/core";
import { CHANNEL_CASES } from "./channel-cases.js";
import { CLOSING_INSIDE_CASES } from "./closing-inside-cases.js";
import { LIMITED_MESSAGE_CASES } from "./limited-message-cases.js";
import { type Cases, CLEAN_UP_MS, type ContractCase, Scene } from "./scene.js";

/** A channel that is, or was, active, and a way to have input arrive at it. */
export interface OpenedChannel {
  readonly channel: Channel;
  /** The peer sends this. */
  receive(bytes: ByteBuf): unknown;
}

export interface ChannelContractOptions {
  /**
   * Opens a channel with these handlers, from head to tail. If one of them closes it at once, it is returned as it is,
   * whatever the attempt to open it says. It is closed after the case.
   */
  readonly open: (handlers: readonly ChannelHandler[]) => OpenedChannel | Promise<OpenedChannel>;
  /**
   * Bytes of the longest message that can be sent. A longer one has to fail with DATAGRAM_TOO_LONG, and the channel goes on.
   * @default messages may have any length
   */
  readonly maxMessageBytes?: number;
  /** Milliseconds a case may take. @default 10 000 */
  readonly timeoutMs?: number;
}

/**
 * The rules a single channel keeps, as cases for any test runner.
 *
 * @example
 * ```ts
 * const contract = channelContract({
 *   open: (handlers) => {
 *     const channel = new EmbeddedChannel({ handlers });
 *     return { channel, receive: (bytes) => channel.writeInbound(bytes) };
 *   },
 * });
 * for (const { name, run, limitMs } of contract) it(name, run, limitMs);
 * ```
 */
export function channelContract(options: ChannelContractOptions): ContractCase[] {
  const { open, maxMessageBytes, timeoutMs = 10_000 } = options;
  const cases = { ...channelCases(), ...(maxMessageBytes === undefined ? {} : LIMITED_MESSAGE_CASES) };
  return Object.entries(cases).map(([name, body]) => ({
    name,
    limitMs: timeoutMs + CLEAN_UP_MS,
    run: () => {
      const scene: ChannelScene = new ChannelScene(async (handlers) => {
        const opened = await open(handlers);
        return { ...opened, channel: scene.own(opened.channel) };
      }, maxMessageBytes);
      return scene.play(name, timeoutMs, () => body(scene));
    },
  }));
}

export function channelCases(): Cases<OpeningScene> {
  return { ...CHANNEL_CASES, ...CLOSING_INSIDE_CASES };
}

/** A scene that knows how to open the one channel its case is about. */
export interface OpeningScene extends Scene {
  /** Undefined when messages may have any length. */
  readonly maxMessageBytes?: number | undefined;
  open(...handlers: ChannelHandler[]): Promise<OpenedChannel>;
}

class ChannelScene extends Scene implements OpeningScene {
  readonly maxMessageBytes: number | undefined;
  readonly #open: (handlers: readonly ChannelHandler[]) => Promise<OpenedChannel>;

  constructor(
    open: (handlers: readonly ChannelHandler[]) => Promise<OpenedChannel>,
    maxMessageBytes: number | undefined,
  ) {
    super();
    this.#open = open;
    this.maxMessageBytes = maxMessageBytes;
  }

  open(...handlers: ChannelHandler[]): Promise<OpenedChannel> {
    return this.#open(handlers);
  }
}
