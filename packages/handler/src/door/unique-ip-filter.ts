/**
 * Lets in one connection from each address at a time; the next one is refused until the first has closed.
 *
 * A {@link ConnectionLimitHandler} with Netty's name for this case. IPv6 addresses count one by one.
 *
 * @example
 * ```ts
 * new ServerBootstrap().handler((p) => p.addLast(new UniqueIpFilter()));
 * ```
 */
import { ConnectionLimitHandler } from "./connection-limit-handler.js";

export class UniqueIpFilter extends ConnectionLimitHandler {
  constructor() {
    super({ maxPerAddress: 1, ipv6PrefixLength: 128 });
  }
}
