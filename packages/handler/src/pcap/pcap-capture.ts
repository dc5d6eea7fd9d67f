/**
 * One capture of what any number of channels send and receive: pcapng files that Wireshark and tshark read.
 *
 * ```
 *   channel 1 ── PcapWriteHandler ──┐
 *   channel 2 ── PcapWriteHandler ──┼──▶ PcapCapture ──▶ sink (slot 0, 1, … and again)
 *   channel 3 ── PcapWriteHandler ──┘     running ⇄ paused ──▶ stopped
 * ```
 *
 * It holds no more than one piece of 64 KiB, and only while an event is captured. A capture cannot hurt a channel: when a
 * sink throws, or its one file is full, the capture stops, says so once, and the channels go on without it.
 */
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import { asError } from "@sluice/core";
import type { CapturedRoute, Endpoint } from "./captured-route.js";
import { headerBytes, type Payload, type TcpFields, writeTcpPacket, writeUdpPacket } from "./ip-packet.js";
import { PcapFileRing } from "./pcap-file-ring.js";
import type { PcapSink } from "./pcap-sink.js";
import { endPacketBlock, packetBlockBytes, startPacketBlock } from "./pcapng-blocks.js";
import type { CapturedEnd } from "./tcp-conversation.js";

export interface PcapCaptureOptions {
  /**
   * Where the bytes go. A function is asked for a sink each time a file is full, with numbers from 0 to `maxFiles` - 1 and
   * then from 0 again: the newest file takes the place of the oldest. With a single sink the capture ends when it is full.
   */
  readonly sink: PcapSink | ((slot: number) => PcapSink);
  /** Is told once why the capture has stopped, unless it was closed: CAPTURE_STOPPED. What it throws is dropped. */
  readonly onError: (error: SluiceError) => void;
  /** Bytes of one file, never exceeded; 128 KiB at least. @default 64 MiB */
  readonly maxFileBytes?: number;
  /** Files that are kept, if `sink` is a function. @default 2 */
  readonly maxFiles?: number;
  /** Bytes of the largest IP packet of TCP; what is longer becomes several. @default 1500 */
  readonly mtu?: number;
  /** The sequence numbers TCP begins with. @default those that follow from the channel's id */
  readonly initialSequence?: number;
  /** The name Wireshark shows for the interface. @default "sluice" */
  readonly interfaceName?: string;
  /**
   * Milliseconds since 1970, fractions down to a microsecond. The channel's `Clock` has no date, so this is another one.
   * @default Date.now
   */
  readonly now?: () => number;
}

/** What one channel's packets need; its own state is in here, so that a capture holds nothing per channel. */
export interface CapturedChannel {
  readonly route: CapturedRoute;
  /** Goes with its first packet in each file. */
  readonly comment: ByteBuf;
  /** The last file that has the comment. */
  commentedFile: number;
}

/**
 * Give it to a {@link PcapWriteHandler} of each channel.
 *
 * @example
 * ```ts
 * const capture = new PcapCapture({ sink: fileSink("wire.pcapng"), onError: console.warn });
 * bootstrap.handler((p) => p.addLast(new PcapWriteHandler({ capture })).addLast(framing));
 * ```
 */
export class PcapCapture implements AsyncDisposable {
  /** Bytes of the largest packet of TCP. */
  readonly mtu: number;
  /** @internal */
  readonly initialSequence: number | undefined;
  readonly #onError: (error: SluiceError) => void;
  readonly #now: () => number;
  readonly #ring: PcapFileRing;
  #state: "running" | "paused" | "stopped" = "running";
  #failure: SluiceError | undefined;
  #packets = 0;
  #skippedMessages = 0;
  /** While an event is captured, its sink included. */
  #isBusy = false;
  /** When that event happened. */
  #timeMs = 0;
  /** Of the packet that is being written. */
  #out: ByteBuf | undefined;
  #comment: ByteBuf | undefined;
  #packetStart = 0;

  /** Opens the first file. @throws SluiceError `INVALID_ARGUMENT` for a size that cannot work */
  constructor(options: PcapCaptureOptions) {
    const { sink, maxFileBytes = 64 * 1024 * 1024, maxFiles = 2, mtu = 1500, initialSequence } = options;
    within("maxFileBytes", maxFileBytes, SMALLEST_FILE, Number.MAX_SAFE_INTEGER);
    within("maxFiles", maxFiles, 1, Number.MAX_SAFE_INTEGER);
    within("mtu", mtu, SMALLEST_MTU, LARGEST_IP_PACKET);
    if (initialSequence !== undefined) within("initialSequence", initialSequence, 0, 0xffff_ffff);
    this.mtu = mtu;
    this.initialSequence = initialSequence;
    this.#onError = options.onError;
    this.#now = options.now ?? Date.now;
    this.#ring = new PcapFileRing({
      open: typeof sink === "function" ? sink : () => (this.#ring.fileNumber === 0 ? sink : undefined),
      maxFileBytes,
      maxFiles,
      interfaceName: (options.interfaceName ?? "sluice").slice(0, LONGEST_NAME),
    });
    try {
      this.#ring.open();
    } catch (thrown) {
      this.#stop(SINK_FAILED, thrown);
    }
  }

  /** False once it has been closed, or has stopped by itself. */
  get isOpen(): boolean {
    return this.#state !== "stopped";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  /** Why it has stopped by itself. */
  get failure(): SluiceError | undefined {
    return this.#failure;
  }

  /** Packets captured so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Bytes given to sinks so far, headers of files and packets included. */
  get bytes(): number {
    return this.#ring.bytes;
  }

  /**
   * Messages that passed and could not be captured: no bytes, too long for a datagram, behind an end of stream, or made by
   * the sink itself.
   */
  get skippedMessages(): number {
    return this.#skippedMessages;
  }

  /** Leaves out what happens from now on. Sequence numbers count on, so Wireshark tells how much is missing. */
  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  resume(): void {
    if (this.#state === "paused") this.#state = "running";
  }

  /** Closes the file. Handlers of this capture let everything pass from now on. */
  close(): void {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    try {
      this.#ring.close();
    } catch (thrown) {
      this.#stop(SINK_FAILED, thrown);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  // ── for the handlers ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * Begins an event: {@link tcp} and {@link udp} follow, and {@link commit}. None of them throws.
   *
   * @param expectedBytes How much it may become; a hint.
   * @returns whether it is wanted: not once the capture has stopped, nor what the sink itself makes happen
   * @internal
   */
  begin(expectedBytes: number): boolean {
    if (this.#state === "stopped" || this.#isBusy) return false;
    this.#isBusy = true;
    try {
      this.#timeMs = this.#now();
      if (!(this.#timeMs >= 0 && this.#timeMs < END_OF_TIME_MS)) this.#stop(`now() gave ${this.#timeMs}`);
      this.#ring.expect(expectedBytes);
    } catch (thrown) {
      this.#stop("now() threw", thrown);
    }
    return this.isOpen;
  }

  /** @internal */
  tcp(channel: CapturedChannel, from: CapturedEnd, fields: TcpFields, payload: Payload): void {
    const [source, target] = endsFrom(channel.route, from);
    const length = headerBytes(source.address.length === 16, "tcp", fields.flags) + payload.length;
    if (!this.#startPacket(channel, length)) return;
    try {
      writeTcpPacket(this.#out as ByteBuf, source, target, fields, payload);
      this.#endPacket(length);
    } catch (thrown) {
      this.#dropPacket(thrown);
    }
  }

  /** @internal */
  udp(channel: CapturedChannel, from: Endpoint, to: Endpoint, payload: Payload): void {
    const isIPv6 = from.address.length === 16;
    const length = headerBytes(isIPv6, "udp") + payload.length;
    if (length > LARGEST_IP_PACKET + (isIPv6 ? IPV6_HEADER : 0)) return this.skipped();
    if (!this.#startPacket(channel, length)) return;
    try {
      writeUdpPacket(this.#out as ByteBuf, from, to, payload);
      this.#endPacket(length);
    } catch (thrown) {
      this.#dropPacket(thrown);
    }
  }

  /** The event is over: what it made goes to the sink. @internal */
  commit(): void {
    if (this.#state === "stopped") return;
    try {
      this.#ring.flush();
    } catch (thrown) {
      this.#stop(SINK_FAILED, thrown);
    }
    this.#isBusy = false;
  }

  /** A message could not be captured. @internal */
  skipped(): void {
    if (this.#state === "running") this.#skippedMessages++;
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** @returns whether there is to be a packet */
  #startPacket(channel: CapturedChannel, length: number): boolean {
    if (this.#state !== "running") return false;
    try {
      if (!this.#ring.makeRoom(length, channel.comment)) {
        this.#stop("its file is full");
        return false;
      }
      this.#comment = channel.commentedFile === this.#ring.fileNumber ? undefined : channel.comment;
      this.#out = this.#ring.room(packetBlockBytes(length, this.#comment));
    } catch (thrown) {
      this.#stop(SINK_FAILED, thrown);
      return false;
    }
    channel.commentedFile = this.#ring.fileNumber;
    this.#packetStart = this.#out.writerIndex;
    startPacketBlock(this.#out, this.#timeMs, length, this.#comment);
    return true;
  }

  #endPacket(length: number): void {
    endPacketBlock(this.#out as ByteBuf, length, this.#comment);
    this.#out = this.#comment = undefined;
    this.#packets++;
  }

  /** A port that cannot be one, memory that has been taken away. Half a packet would make the file unreadable. */
  #dropPacket(thrown: unknown): void {
    (this.#out as ByteBuf).writerIndex = this.#packetStart;
    this.#stop("a packet could not be made", thrown);
  }

  #stop(why: string, thrown?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#state = "stopped";
    const cause = thrown === undefined ? undefined : asError(thrown);
    const detail = cause === undefined ? why : `${why}: ${cause.message}`;
    this.#failure = new SluiceError("CAPTURE_STOPPED", `a capture has stopped, ${detail}`, { cause });
    try {
      this.#ring.close();
    } catch {
      // A sink that has failed may fail again; why the capture stopped is known already.
    }
    try {
      this.#onError(this.#failure);
    } catch {
      // Nobody is left to tell: the channels must not hear of it.
    }
  }
}

function endsFrom({ local, remote }: CapturedRoute, from: CapturedEnd): [Endpoint, Endpoint] {
  return from === "local" ? [local, remote] : [remote, local];
}

function within(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a whole number of ${least} or more, not ${value}`);
}

const SINK_FAILED = "its sink failed";
/** Its headers, and the largest packet there is. */
const SMALLEST_FILE = 128 * 1024;
/** Every link takes that many (RFC 791). */
const SMALLEST_MTU = 68;
const LARGEST_IP_PACKET = 65_535;
/** It does not count towards the length in an IPv6 header. */
const IPV6_HEADER = 40;
const LONGEST_NAME = 100;
/** Microseconds beyond this are no exact numbers. */
const END_OF_TIME_MS = Number.MAX_SAFE_INTEGER / 1000;
