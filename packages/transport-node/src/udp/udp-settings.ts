/** The channel options of a UDP socket: which there are, what they may be, and how Node is told. */
import type { Socket } from "node:dgram";
import { SluiceError } from "@sluice/buffer";
import { ChannelOption } from "@sluice/core";
import { settingError } from "./udp-errors.js";

interface Setting {
  /** For messages: `must be …`. */
  readonly domain: string;
  isValid(value: unknown): boolean;
  apply(socket: Socket, value: unknown): void;
}

export class UdpSettings {
  /** Whether the address may be shared; Node wants to know before there is a socket. */
  reuseAddress = false;
  readonly #values = new Map<Setting, unknown>();
  #socket: Socket | undefined;

  /** Keeps the value for the socket, or sets it if there is one. @throws OPTION_UNSUPPORTED, INVALID_ARGUMENT */
  set(option: ChannelOption<unknown>, value: unknown): void {
    const setting = SETTINGS.get(option);
    if (setting === undefined) throw new SluiceError("OPTION_UNSUPPORTED", `a UDP socket has no ${option.name}`);
    if (!setting.isValid(value)) {
      throw new SluiceError("INVALID_ARGUMENT", `${option.name} must be ${setting.domain}, not ${String(value)}`);
    }
    if (option === ChannelOption.SO_REUSEADDR) this.#setReuseAddress(value as boolean);
    else if (this.#socket === undefined) this.#values.set(setting, value);
    else setting.apply(this.#socket, value);
  }

  /** The socket has an address now: it can be given all that was set before. @throws as {@link set} */
  applyTo(socket: Socket): void {
    this.#socket = socket;
    for (const [setting, value] of this.#values) setting.apply(socket, value);
  }

  #setReuseAddress(value: boolean): void {
    if (this.#socket !== undefined) {
      throw new SluiceError("OPTION_UNSUPPORTED", "SO_REUSEADDR has to be set before the socket is bound");
    }
    this.reuseAddress = value;
  }
}

const SETTINGS = new Map<ChannelOption<unknown>, Setting>([
  [ChannelOption.SO_REUSEADDR, flag(() => {})],
  [ChannelOption.SO_BROADCAST, flag((socket, on) => socket.setBroadcast(on))],
  [ChannelOption.SO_RCVBUF, bytes("SO_RCVBUF", "RecvBufferSize")],
  [ChannelOption.SO_SNDBUF, bytes("SO_SNDBUF", "SendBufferSize")],
  [ChannelOption.IP_TTL, hops("IP_TTL", 1, (socket, count) => socket.setTTL(count))],
  [ChannelOption.IP_MULTICAST_TTL, hops("IP_MULTICAST_TTL", 0, (socket, count) => socket.setMulticastTTL(count))],
  [ChannelOption.IP_MULTICAST_LOOP, flag((socket, on) => socket.setMulticastLoopback(on))],
  [
    ChannelOption.IP_MULTICAST_IF,
    {
      domain: "the address of an interface",
      isValid: (value) => typeof value === "string" && value !== "",
      apply: (socket, address: string) => telling("IP_MULTICAST_IF", () => socket.setMulticastInterface(address)),
    },
  ],
]);

function flag(apply: (socket: Socket, on: boolean) => unknown): Setting {
  return { domain: "true or false", isValid: (value) => typeof value === "boolean", apply };
}

function hops(name: string, least: number, set: (socket: Socket, count: number) => unknown): Setting {
  return {
    domain: `a whole number from ${least} to 255`,
    isValid: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= 255,
    apply: (socket, count: number) => telling(name, () => set(socket, count)),
  };
}

/** The system caps these in silence; a channel that got less than it asked for is told (design law 10). */
function bytes(name: string, property: "RecvBufferSize" | "SendBufferSize"): Setting {
  return {
    domain: "a positive number of bytes",
    isValid: (value) => Number.isInteger(value) && (value as number) > 0,
    apply: (socket, wanted: number) => {
      telling(name, () => socket[`set${property}`](wanted));
      const granted = socket[`get${property}`]();
      if (granted >= wanted) return;
      throw new SluiceError("OPTION_UNSUPPORTED", `the system grants ${granted} bytes of ${name}, not ${wanted}`, {
        length: wanted,
        limit: granted,
      });
    },
  };
}

function telling(what: string, set: () => unknown): void {
  try {
    set();
  } catch (thrown) {
    throw settingError(thrown as NodeJS.ErrnoException, what);
  }
}
