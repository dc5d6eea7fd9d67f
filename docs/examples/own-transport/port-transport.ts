/**
 * Channels over the `MessagePort`s of worker threads, with back-pressure and half-closure.
 *
 * Servers have names: `bind({ local: "name" })`. A client in the same thread finds them by itself; one in another thread
 * is given a `dial` that has its port brought over, where {@link knock} hands it to the server.
 */
import type { ByteBuf, Transport } from "sluice";
import { type Dial, PortConnection } from "./port-connection.js";
import { knock, PortListener } from "./port-listener.js";

export function ports({ dial = knock }: { readonly dial?: Dial } = {}): Transport<ByteBuf, ByteBuf> {
  return {
    name: "ports",
    createConnection: (signals) => new PortConnection(signals, dial),
    createListener: (signals) => new PortListener(signals),
  };
}
