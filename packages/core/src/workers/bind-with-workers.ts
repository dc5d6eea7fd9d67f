/** What `ServerBootstrap.bind` does with `workers(n)`: the primary starts the group, a worker binds and says so. */
import { SluiceError } from "@sluice/buffer";
import { ChannelOption } from "../channel-option.js";
import type { Clock } from "../clock.js";
import { ServerChannel } from "../server-channel.js";
import type { SocketAddress } from "../socket-address.js";
import { systemClock } from "../system-clock.js";
import type { BindOptions, Transport } from "../transport.js";
import { WorkerAgent } from "./worker-agent.js";
import { WorkerGroup } from "./worker-group.js";
import type { PrimaryLink, WorkerHost } from "./worker-host.js";
import { type ResolvedWorkersOptions, type WorkersOptions, workersOptions } from "./workers-options.js";

/** Binds a server in this process; `prepare` gets it before anybody can connect. */
export type BindInWorker<S extends ServerChannel> = (
  options: BindOptions,
  prepare: (server: ServerChannel) => void,
) => Promise<S>;

export interface BindWithWorkersInit<S extends ServerChannel> {
  readonly transport: Transport;
  readonly clock: Clock | undefined;
  readonly workers: number | WorkersOptions;
  readonly options: BindOptions;
  readonly bindHere: BindInWorker<S>;
}

export async function bindWithWorkers<S extends ServerChannel>(init: BindWithWorkersInit<S>): Promise<S | WorkerGroup> {
  const { transport } = init;
  const host = transport.workers;
  if (host === undefined) {
    throw new SluiceError("OPTION_UNSUPPORTED", `servers of the ${transport.name} transport cannot have workers`);
  }
  const options = workersOptions(init.workers, host.cores);
  const { primary } = host;
  // A second group in the primary would start workers whose program binds the first one's server.
  const owner = primary ?? host;
  if (inUse.has(owner)) throw new SluiceError("INVALID_ARGUMENT", "this program has a server with workers already");
  inUse.add(owner);
  try {
    if (primary !== undefined) return await bindInWorker(init, primary, options);
    const group = await startGroup(init, host, options);
    void group.closed.then(() => inUse.delete(owner));
    return group;
  } catch (error) {
    inUse.delete(owner);
    throw error;
  }
}

async function startGroup(
  { transport, clock, options: bind }: BindWithWorkersInit<ServerChannel>,
  host: WorkerHost,
  options: ResolvedWorkersOptions,
): Promise<WorkerGroup> {
  const localAddress = await addressOf(transport, clock, bind, options);
  return WorkerGroup.start({ host, clock: clock ?? systemClock, options, localAddress }, bind.signal);
}

/**
 * Binds and lets go again: so everybody gets to know the port when any will do, and what cannot be bound fails here, once,
 * and not in every worker.
 */
async function addressOf(
  transport: Transport,
  clock: Clock | undefined,
  bind: BindOptions,
  options: ResolvedWorkersOptions,
): Promise<SocketAddress> {
  const server = new ServerChannel(transport, clock);
  // Who comes this early has come too early.
  server.pipeline.addLast({ channelRead: (_ctx, connection) => connection.closeForcibly() });
  try {
    sharePort(server, options);
    await server.bind(bind);
    return server.localAddress;
  } finally {
    server.closeForcibly();
    await server.closed;
  }
}

function bindInWorker<S extends ServerChannel>(
  { options: bind, bindHere }: BindWithWorkersInit<S>,
  primary: PrimaryLink,
  options: ResolvedWorkersOptions,
): Promise<S> {
  const { port } = primary.start;
  return WorkerAgent.serve(primary, options, (prepare) =>
    bindHere(port === undefined ? bind : { ...bind, port }, (server) => {
      sharePort(server, options);
      prepare(server);
    }),
  );
}

function sharePort(server: ServerChannel, { scheduling }: ResolvedWorkersOptions): void {
  if (scheduling === "reuse-port") server.setOption(ChannelOption.SO_REUSEPORT, true);
}

/** The hosts that have a group, and the links of workers that have a server. */
const inUse = new WeakSet<WorkerHost | PrimaryLink>();
