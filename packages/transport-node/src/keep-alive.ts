/**
 * The system's own probes of a connection on which nothing happens: what was asked for, and how Node is told.
 *
 * ```
 *   last data ◀── TCP_KEEPIDLE ──▶ probe ◀─ TCP_KEEPINTVL ─▶ probe ◀─ TCP_KEEPINTVL ─▶ … TCP_KEEPCNT unanswered:
 *                                                                                CONNECTION_TIMED_OUT
 * ```
 *
 * Options may come in any order and before there is a socket. What is left open is the system's (Linux: 7200 s, 75 s, 9
 * probes), except that Node, once it is told a TCP_KEEPIDLE, sends ten probes a second apart instead. It never looks at
 * the answer of the system, and one that refuses a value refuses all that come with it: so values are checked here.
 */
import { Socket } from "node:net";
import { SluiceError } from "@sluice/buffer";
import { ChannelOption } from "@sluice/core";

export interface KeepAliveOptions {
  /** What becomes of options that this version of Node cannot set. @default "refuse" */
  readonly ifUnsupported?: "refuse" | "ignore" | undefined;
  /** @default whether this version of Node can set the interval and the number of probes */
  readonly canTimeProbes?: boolean;
}

export class KeepAlive {
  readonly #ignores: boolean;
  readonly #canTimeProbes: boolean;
  #isOn = false;
  #idleSeconds: number | undefined;
  #intervalSeconds: number | undefined;
  #count: number | undefined;

  constructor({ ifUnsupported = "refuse", canTimeProbes: can = hostCanTimeProbes() }: KeepAliveOptions = {}) {
    this.#ignores = ifUnsupported === "ignore";
    this.#canTimeProbes = can;
  }

  /** Whether an option is one of these. */
  static has(option: ChannelOption<unknown>): boolean {
    return (
      option === ChannelOption.SO_KEEPALIVE || option === ChannelOption.TCP_KEEPIDLE || TIMING_OF_PROBES.has(option)
    );
  }

  /** @throws SluiceError `INVALID_ARGUMENT`; `OPTION_UNSUPPORTED` if this version of Node cannot set it */
  set(option: ChannelOption<unknown>, value: unknown): void {
    if (option === ChannelOption.SO_KEEPALIVE) {
      this.#isOn = value as boolean;
      return;
    }
    const number = wholeNumber(option.name, value, option === ChannelOption.TCP_KEEPCNT ? MAX_COUNT : MAX_SECONDS);
    if (option === ChannelOption.TCP_KEEPIDLE) this.#idleSeconds = number;
    else if (!this.#canTimeProbes) {
      if (this.#ignores) return;
      const detail = `${option.name} needs Node.js ${TIMED_PROBES_SINCE} or newer, this is ${process.version}`;
      throw new SluiceError("OPTION_UNSUPPORTED", detail);
    } else if (option === ChannelOption.TCP_KEEPINTVL) this.#intervalSeconds = number;
    else this.#count = number;
  }

  /** Tells a connected socket. Before that, Node forgets half of it. */
  applyTo(socket: Pick<Socket, "setKeepAlive">): void {
    const interval = this.#intervalSeconds;
    const isTimed = interval !== undefined || this.#count !== undefined;
    const idle = this.#idleSeconds ?? (isTimed ? SYSTEMS_IDLE_SECONDS : 0);
    const { setKeepAlive } = socket as { setKeepAlive: SetKeepAlive };
    setKeepAlive.call(
      socket,
      this.#isOn,
      idle * 1000,
      interval === undefined ? undefined : interval * 1000,
      this.#count,
    );
  }
}

/**
 * Whether a kind of socket can set the interval and the number of probes, which Node can since 26.4. It takes an options
 * object since then as well, and whether one is read shows on a socket without a connection; the older
 * `setKeepAlive(enable, initialDelay)` takes it for true.
 */
export function canTimeProbes(socket: Pick<Socket, "setKeepAlive">): boolean {
  let isRead = false;
  const options = {
    enable: false,
    get interval(): undefined {
      isRead = true;
      return undefined;
    },
  };
  (socket as unknown as { setKeepAlive(options: object): unknown }).setKeepAlive(options);
  return isRead;
}

type SetKeepAlive = (enable: boolean, delayMs: number, intervalMs?: number, count?: number) => unknown;

let hostCan: boolean | undefined;

function hostCanTimeProbes(): boolean {
  hostCan ??= canTimeProbes(new Socket());
  return hostCan;
}

function wholeNumber(name: string, value: unknown, most: number): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a whole number from 1 to ${most}, not ${String(value)}`);
}

const TIMING_OF_PROBES: ReadonlySet<unknown> = new Set([ChannelOption.TCP_KEEPINTVL, ChannelOption.TCP_KEEPCNT]);
const TIMED_PROBES_SINCE = "26.4";
/** What Linux and the BSDs use; Node drops an interval and a count that come without an idle time. */
const SYSTEMS_IDLE_SECONDS = 7200;
/** Linux's limits, the narrowest there are. */
const MAX_SECONDS = 32_767;
const MAX_COUNT = 127;
