import { describe, expect, it } from "vitest";
import { recorder, turn } from "../fixtures/recorder.js";
import { ManualClock } from "./embedded/index.js";
import {
  Bootstrap,
  type Channel,
  type ChannelHandler,
  ChannelOption,
  type Completion,
  ServerBootstrap,
  ServerShutdownEvent,
} from "./index.js";
import { local } from "./local/index.js";

const code = (code: string) => expect.objectContaining({ code });

interface SceneOptions {
  readonly handler?: (channel: Channel) => ChannelHandler;
  readonly childOptions?: readonly [ChannelOption<any>, unknown][];
  readonly clientReads?: boolean;
}

/** A server with `count` connections, on one clock. Its clients take nothing unless asked to. */
async function serverWith(count: number, { handler, childOptions = [], clientReads = false }: SceneOptions = {}) {
  const clock = new ManualClock();
  const trace: string[] = [];
  const children: Channel[] = [];
  const bootstrap = new ServerBootstrap().transport(local()).clock(clock);
  for (const [option, value] of childOptions) bootstrap.childOption(option, value);
  const server = await bootstrap
    .childHandler((p) => {
      children.push(p.channel);
      p.addLast(recorder("child", trace));
      if (handler !== undefined) p.addLast(handler(p.channel));
    })
    .bind({ local: "server" });
  const dial = new Bootstrap().transport(local()).clock(clock).option(ChannelOption.AUTO_READ, clientReads);
  const clients: Channel[] = [];
  for (let i = 0; i < count; i++) clients.push(await dial.connect({ local: "server" }));
  await turn();
  trace.length = 0;
  /** Lets time pass, and everything that follows from it happen. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  return { server, children, clients, clock, trace, pass };
}

/** What a promise has come to, without waiting for it. */
function outcome<T>(promise: Promise<T>): { value: T | undefined } {
  const result: { value: T | undefined } = { value: undefined };
  promise.then((value) => {
    result.value = value;
  });
  return result;
}

describe("a shutdown at once", () => {
  it("sends what the connections have queued, closes them and counts", async () => {
    const { server, clients, clock } = await serverWith(3);
    const writing = server.children.writeAndFlush("bye");
    const done = server.shutdown();
    const report = outcome(done);
    await turn();
    expect([server.isOpen, report.value, server.children.size]).toEqual([false, undefined, 3]);
    const late = new Bootstrap().transport(local()).connect({ local: "server" });
    await expect(late).rejects.toEqual(code("CONNECT_REFUSED"));
    for (const each of clients) each.read();
    expect(await done).toEqual({ departed: 0, closed: 3, forced: 0 });
    expect([(await writing).succeeded, server.children.size, clock.pending]).toEqual([3, 0, 0]);
    for (const each of clients) expect((await each.messages().next()).value).toBe("bye");
  });

  it("cuts what is not done at the deadline", async () => {
    const { server, clients, clock } = await serverWith(3);
    const writing = server.children.writeAndFlush("bye");
    const done = server.shutdown({ timeoutMs: 300 });
    clients[1]?.read();
    await turn();
    clock.advance(299);
    await turn();
    expect(server.children.size).toBe(2);
    clock.advance(1);
    expect(await done).toEqual({ departed: 0, closed: 1, forced: 2 });
    expect([...(await writing).failed.values()]).toEqual([code("CLOSE_TIMEOUT"), code("CLOSE_TIMEOUT")]);
    await clients[0]?.closed;
    expect(clients[0]?.closeCause).toEqual(code("CONNECTION_RESET"));
  });

  it("gives connections all the time it was given, but those with a limit of their own no more than that", async () => {
    const { server, clock } = await serverWith(1);
    server.children.writeAndFlush("bye");
    const done = server.shutdown({ timeoutMs: 60_000 });
    clock.advance(59_999);
    await turn();
    expect(server.children.size).toBe(1);
    clock.advance(1);
    expect(await done).toEqual({ departed: 0, closed: 0, forced: 1 });

    const limited = await serverWith(1, { childOptions: [[ChannelOption.CLOSE_TIMEOUT_MILLIS, 100]] });
    limited.server.children.writeAndFlush("bye");
    const sooner = limited.server.shutdown({ timeoutMs: 60_000 });
    limited.clock.advance(100);
    expect(await sooner).toEqual({ departed: 0, closed: 0, forced: 1 });
  });

  it("waits for handlers that hold their close back, until the deadline", async () => {
    const { server, clock } = await serverWith(1, { handler: () => ({ close: () => {} }) });
    const done = server.shutdown({ timeoutMs: 50 });
    await turn();
    clock.advance(50);
    expect(await done).toEqual({ departed: 0, closed: 0, forced: 1 });
  });

  it("lets a handler hold its close back until its work is done", async () => {
    let held: (() => void) | undefined;
    const { server, clients } = await serverWith(1, {
      clientReads: true,
      handler: () => ({
        close: (ctx, completion?: Completion) => {
          held = () => {
            ctx.writeAndFlush("answer");
            ctx.close(completion);
          };
        },
      }),
    });
    const report = outcome(server.shutdown());
    await turn();
    expect([report.value, held]).toEqual([undefined, expect.any(Function)]);
    held?.();
    await turn();
    expect(report.value).toEqual({ departed: 0, closed: 1, forced: 0 });
    expect((await clients[0]?.messages().next())?.value).toBe("answer");
  });
});

describe("the goodbye", () => {
  it("reaches every connection once, before any is closed, with the deadline", async () => {
    const seen: unknown[] = [];
    const { server, clients, clock } = await serverWith(2, {
      clientReads: true,
      handler: (channel) => ({
        userEventTriggered: (ctx, event) => {
          seen.push(
            event,
            [...server.children].every((child) => child.isActive),
          );
          if (event instanceof ServerShutdownEvent) channel.writeAndFlush(`bye, ${event.deadline - clock.now()} ms`);
          ctx.fireUserEventTriggered(event);
        },
      }),
    });
    clock.advance(5);
    expect(await server.shutdown({ timeoutMs: 700 })).toEqual({ departed: 0, closed: 2, forced: 0 });
    const event = seen[0];
    expect(event).toBeInstanceOf(ServerShutdownEvent);
    expect(event).toEqual({ deadline: 705, quietMs: 0 });
    expect(seen).toEqual([event, true, event, true]);
    for (const each of clients) expect((await each.messages().next()).value).toBe("bye, 700 ms");
  });

  it("may be what closes a connection, or all of them", async () => {
    const { server } = await serverWith(3, {
      handler: () => ({
        userEventTriggered: () => {
          for (const child of server.children) child.close();
        },
      }),
    });
    expect(await server.shutdown({ quietMs: 100 })).toEqual({ departed: 3, closed: 0, forced: 0 });
  });

  it("does not come where a connection is closing already", async () => {
    const { server, children, clients, trace } = await serverWith(1);
    children[0]?.writeAndFlush("last words");
    children[0]?.close();
    const done = server.shutdown();
    expect(trace.filter((entry) => entry.includes("event"))).toEqual([]);
    clients[0]?.read();
    expect(await done).toEqual({ departed: 1, closed: 0, forced: 0 });
  });

  it("that fails one connection does no harm to the others", async () => {
    let calls = 0;
    const { server } = await serverWith(2, {
      handler: () => ({
        userEventTriggered: () => {
          if (calls++ === 0) throw new Error("goodbye");
        },
      }),
    });
    const errors: unknown[] = [];
    server.children.on("error", (error) => errors.push(error));
    expect(await server.shutdown()).toEqual({ departed: 1, closed: 1, forced: 0 });
    expect(errors).toEqual([new Error("goodbye")]);
  });

  it("may ask for the shutdown once more", async () => {
    const again: unknown[] = [];
    const { server } = await serverWith(1, {
      handler: () => ({ userEventTriggered: () => again.push(server.shutdown({ timeoutMs: 1 })) }),
    });
    const done = server.shutdown();
    expect(again).toEqual([done]);
    expect(await done).toEqual({ departed: 0, closed: 1, forced: 0 });
  });
});

describe("the quiet period", () => {
  it("ends after quietMs without traffic", async () => {
    const { server, pass } = await serverWith(2);
    const report = outcome(server.shutdown({ quietMs: 100 }));
    await pass(99);
    expect([server.children.size, report.value]).toEqual([2, undefined]);
    await pass(1);
    expect(report.value).toEqual({ departed: 0, closed: 2, forced: 0 });
  });

  it("begins again with every burst of input", async () => {
    const { server, clients, children, pass } = await serverWith(2);
    const report = outcome(server.shutdown({ quietMs: 100 }));
    for (let i = 0; i < 5; i++) {
      await pass(60);
      clients[0]?.writeAndFlush("more");
      await turn();
    }
    expect([children[0]?.isActive, children[1]?.isOpen, report.value]).toEqual([true, false, undefined]);
    await pass(99);
    expect(children[0]?.isActive).toBe(true);
    await pass(1);
    expect(report.value).toEqual({ departed: 0, closed: 2, forced: 0 });
  });

  it("begins again with every write that has ended, and does not begin while something is queued", async () => {
    const { server, clients, children, pass } = await serverWith(1);
    const report = outcome(server.shutdown({ quietMs: 100 }));
    await pass(60);
    children[0]?.writeAndFlush("an answer");
    await pass(500);
    expect(children[0]?.isActive).toBe(true);
    clients[0]?.read();
    await turn();
    await pass(99);
    expect(children[0]?.isActive).toBe(true);
    await pass(1);
    expect(report.value).toEqual({ departed: 0, closed: 1, forced: 0 });
  });

  it("waits for what is written and not flushed yet", async () => {
    const { server, children, pass } = await serverWith(1, { clientReads: true });
    const report = outcome(server.shutdown({ quietMs: 100 }));
    children[0]?.write("to be flushed");
    await pass(1000);
    expect(children[0]?.isActive).toBe(true);
    children[0]?.flush();
    await turn();
    await pass(100);
    expect(report.value).toEqual({ departed: 0, closed: 1, forced: 0 });
  });

  it("tells who went, who was quiet and who had to be cut", async () => {
    const { server, clients, children, clock, pass } = await serverWith(4);
    const done = server.shutdown({ quietMs: 100, timeoutMs: 250 });
    clients[0]?.close();
    children[1]?.writeAndFlush("never taken").catch(() => {});
    for (let i = 0; i < 5; i++) {
      await pass(50);
      clients[2]?.writeAndFlush("chatter");
      await turn();
    }
    expect(await done).toEqual({ departed: 1, closed: 1, forced: 2 });
    expect(children[2]?.closeCause).toEqual(code("CLOSE_TIMEOUT"));
    expect([server.children.size, clock.pending]).toEqual([0, 0]);
  });

  it("counts a connection that broke before it was cut as cut", async () => {
    const { server, children, pass } = await serverWith(1);
    children[0]?.on("error", () => {});
    const writing = expect(children[0]?.writeAndFlush("never taken")).rejects.toEqual(code("CLOSE_TIMEOUT"));
    const report = outcome(server.shutdown({ quietMs: 100, timeoutMs: 200 }));
    children[0]?.pipeline.fireExceptionCaught(new Error("broken"));
    await pass(200);
    expect(report.value).toEqual({ departed: 0, closed: 0, forced: 1 });
    expect(children[0]?.closeCause).toEqual(new Error("broken"));
    await writing;
  });

  it("leaves a connection alone that closes without a peer's help", async () => {
    const { server, children, clock, pass } = await serverWith(1);
    const report = outcome(server.shutdown({ quietMs: 100 }));
    await pass(50);
    children[0]?.close();
    await turn();
    expect([report.value, clock.pending]).toEqual([{ departed: 1, closed: 0, forced: 0 }, 0]);
  });

  it("closes a connection that a handler of the server lets in too late", async () => {
    const clock = new ManualClock();
    let letIn = () => {};
    const bootstrap = new ServerBootstrap().transport(local()).clock(clock);
    const server = await bootstrap
      .handler((p) => p.addLast({ channelRead: (ctx, child) => (letIn = () => ctx.fireChannelRead(child)) }))
      .childHandler(() => {})
      .bind({ local: "server" });
    const late = await new Bootstrap().transport(local()).connect({ local: "server" });
    await turn();
    const done = server.shutdown({ quietMs: 100 });
    letIn();
    expect(await done).toEqual({ departed: 0, closed: 0, forced: 0 });
    await late.closed;
    expect([server.children.size, late.closeCause]).toEqual([0, undefined]);
  });

  it("counts as departed what was over before the rest was cut", async () => {
    const controller = new AbortController();
    const { server, children } = await serverWith(2, {
      handler: () => ({ channelInactive: () => controller.abort() }),
    });
    const done = server.shutdown({ quietMs: 100, signal: controller.signal });
    children[0]?.close();
    expect(await done).toEqual({ departed: 1, closed: 0, forced: 1 });
  });

  it("refuses connections", async () => {
    const { server, pass } = await serverWith(1);
    server.shutdown({ quietMs: 100 });
    await turn();
    const late = new Bootstrap().transport(local()).connect({ local: "server" });
    await expect(late).rejects.toEqual(code("CONNECT_REFUSED"));
    await pass(100);
    expect(server.children.size).toBe(0);
  });
});

describe("any shutdown", () => {
  it("can be cut short", async () => {
    for (const quietMs of [0, 100]) {
      for (const when of ["before", "during"]) {
        const { server, clock } = await serverWith(1);
        server.children.writeAndFlush("bye");
        const controller = new AbortController();
        if (when === "before") controller.abort();
        const done = server.shutdown({ signal: controller.signal, quietMs });
        await turn();
        if (when === "during") controller.abort();
        expect(await done).toEqual({ departed: 0, closed: 0, forced: 1 });
        expect(clock.pending).toBe(0);
      }
    }
  });

  it("can be cut short by whoever joins", async () => {
    for (const when of ["before", "during"]) {
      const { server } = await serverWith(1);
      const done = server.shutdown({ quietMs: 1000 });
      const controller = new AbortController();
      if (when === "before") controller.abort();
      expect(server.shutdown({ signal: controller.signal })).toBe(done);
      controller.abort();
      expect(await done).toEqual({ departed: 0, closed: 0, forced: 1 });
    }
  });

  it("lets go of signals that outlive it", async () => {
    const { server } = await serverWith(1);
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
    } as unknown as AbortSignal;
    const done = server.shutdown();
    server.shutdown({ signal });
    expect(listeners.size).toBe(1);
    await done;
    expect(listeners.size).toBe(0);
    await server.shutdown({ signal });
    expect(listeners.size).toBe(0);
  });

  it("joins a second call, also when the server is closed already", async () => {
    const { server } = await serverWith(1);
    await server.close();
    expect(server.children.size).toBe(1);
    const [first, second] = [server.shutdown(), server.shutdown({ timeoutMs: 1 })];
    expect(first).toBe(second);
    expect(await first).toEqual({ departed: 0, closed: 1, forced: 0 });
    await server[Symbol.asyncDispose]();
  });

  it.each([
    { timeoutMs: Number.POSITIVE_INFINITY },
    { timeoutMs: Number.NaN },
    { quietMs: Number.POSITIVE_INFINITY },
    { quietMs: Number.NaN },
    { quietMs: -1 },
  ])("refuses a time that never comes, and can be asked again: %o", async (options) => {
    const { server } = await serverWith(0);
    expect(() => server.shutdown(options)).toThrow(code("INVALID_ARGUMENT"));
    expect(server.isActive).toBe(true);
    expect(await server.shutdown()).toEqual({ departed: 0, closed: 0, forced: 0 });
  });
});
