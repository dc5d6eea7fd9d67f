/**
 * Lets connections in by where they come from.
 *
 * It belongs into the server's own pipeline, where its messages are the accepted connections: what is rejected is closed
 * before it has a pipeline, at once and without an answer (ADDRESS_REJECTED as its `closeCause`), and the server's
 * handlers get a `ConnectionRefusedEvent`. Nothing is logged.
 *
 * The first rule that matches decides; without one the default does, also for peers that have no IP address. IPv4 peers
 * of a dual-stack server (`::ffff:10.0.0.1`) are IPv4.
 *
 * Costs a few table lookups per connection, whatever the number of rules.
 *
 * @example
 * ```ts
 * const filter = new IpFilterHandler({
 *   rules: [
 *     { action: "accept", cidr: "10.1.2.3" },
 *     { action: "reject", cidr: "10.0.0.0/8" },
 *   ],
 * });
 * new ServerBootstrap().handler((p) => p.addLast(filter));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { type Channel, type ChannelHandlerContext, ChannelInboundHandler, refuseConnection } from "@sluice/core";
import { type IpFilterAction, type IpFilterRule, IpRules } from "./ip-rules.js";
import { peerAddress } from "./peer-address.js";

export interface IpFilterHandlerOptions {
  /** @default none */
  readonly rules?: readonly IpFilterRule[];
  /** What happens to peers no rule is about. @default "accept" */
  readonly otherwise?: IpFilterAction;
}

export class IpFilterHandler extends ChannelInboundHandler<Channel, Channel, never> {
  /** One filter may stand at several servers. */
  override readonly sharable = true;
  readonly #otherwise: IpFilterAction;
  #rules: IpRules;
  #accepted = 0;
  #rejected = 0;

  /** @throws INVALID_ARGUMENT for a rule that cannot be read, or an action that is none */
  constructor({ rules = [], otherwise = "accept" }: IpFilterHandlerOptions = {}) {
    super();
    if (otherwise !== "accept" && otherwise !== "reject") {
      throw new SluiceError("INVALID_ARGUMENT", `a filter may accept or reject, not ${String(otherwise)}`);
    }
    this.#otherwise = otherwise;
    this.#rules = new IpRules(rules);
  }

  /** The rules in use. Setting them replaces all at once, for connections from then on; those that are open stay. */
  get rules(): readonly IpFilterRule[] {
    return this.#rules.rules;
  }

  /** @throws INVALID_ARGUMENT for a rule that cannot be read; the old ones stay in use */
  set rules(rules: readonly IpFilterRule[]) {
    this.#rules = new IpRules(rules);
  }

  /** Connections let in. */
  get accepted(): number {
    return this.#accepted;
  }

  get rejected(): number {
    return this.#rejected;
  }

  override channelRead(ctx: ChannelHandlerContext<Channel, never>, connection: Channel): void {
    const address = peerAddress(connection);
    const action = (address === undefined ? undefined : this.#rules.match(address)) ?? this.#otherwise;
    if (action === "accept") {
      this.#accepted++;
      return ctx.fireChannelRead(connection);
    }
    this.#rejected++;
    refuseConnection(ctx, connection, new SluiceError("ADDRESS_REJECTED"));
  }
}
