import { ByteBuf, SluiceError } from "@sluice/buffer";
import { Channel, type ChannelHandler, type Connection, type SocketAddress } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { IdleStateHandler, type Logger, LoggingHandler, type LoggingHandlerOptions, type LogLevel } from "../index.js";

class Lines implements Logger {
  readonly lines: string[] = [];
  readonly levels: string[] = [];
  readonly errors: (Error | undefined)[] = [];

  debug = (line: string, error?: Error) => this.#add("debug", line, error);
  info = (line: string, error?: Error) => this.#add("info", line, error);
  warn = (line: string, error?: Error) => this.#add("warn", line, error);
  error = (line: string, error?: Error) => this.#add("error", line, error);

  /** What has been logged since the last call, without what stands in front of each line. */
  take(): string[] {
    return this.lines.splice(0).map((line) => line.replace(/^\[[^\]]*\] /, ""));
  }

  #add(level: string, line: string, error: Error | undefined): void {
    this.levels.push(level);
    this.lines.push(line);
    if (error !== undefined) this.errors.push(error);
  }
}

function setup(options: Partial<LoggingHandlerOptions> = {}, ...handlers: ChannelHandler[]) {
  const logger = new Lines();
  const channel = new EmbeddedChannel(new LoggingHandler({ logger, ...options }), ...handlers);
  logger.take();
  return { logger, channel, pipeline: channel.pipeline };
}

const code = (expected: string) => expect.objectContaining({ code: expected });
const HELLO = ByteBuf.from("HELLO, WORLD");

/** A connection with addresses that does nothing; `add` are the handlers of its channel. */
function channelAt(localAddress?: SocketAddress, remoteAddress?: SocketAddress) {
  const connection: Connection = {
    localAddress,
    remoteAddress,
    connect: () => {},
    read: () => {},
    accepts: () => true,
    flush: () => {},
    setOption: () => {},
    shutdownOutput: () => {},
    close: () => {},
    destroy: () => {},
  };
  const channel = new Channel({ clock: new ManualClock(), createEnd: () => connection });
  const logger = new Lines();
  channel.pipeline.addLast(new LoggingHandler({ logger }));
  return { channel, logger };
}

describe("LoggingHandler", () => {
  it("writes channel, addresses, event and a dump", () => {
    const { channel, logger } = channelAt({ host: "127.0.0.1", port: 5000 }, { host: "127.0.0.1", port: 9000 });
    channel.pipeline.fireChannelRead(HELLO);
    expect(logger.lines).toEqual([
      [
        `[#${channel.id} 127.0.0.1:5000 → 127.0.0.1:9000] READ: 12B`,
        "         +-------------------------------------------------+",
        "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |",
        "+--------+-------------------------------------------------+----------------+",
        "|00000000| 48 45 4c 4c 4f 2c 20 57 4f 52 4c 44             |HELLO, WORLD    |",
        "+--------+-------------------------------------------------+----------------+",
      ].join("\n"),
    ]);
    expect(HELLO.readableBytes).toBe(12);
  });

  it.each([
    [undefined, undefined, ""],
    [{ path: "/run/x.sock" }, undefined, " /run/x.sock"],
    [undefined, { host: "::1", port: 80 }, " → [::1]:80"],
  ])("leaves out addresses that are not known: %j, %j", (local, remote, expected) => {
    const { channel, logger } = channelAt(local, remote);
    channel.pipeline.fireChannelReadComplete();
    expect(logger.lines).toEqual([`[#${channel.id}${expected}] READ COMPLETE`]);
  });

  it("puts its name first", () => {
    const { channel, logger } = setup({ name: "wire" });
    channel.flush();
    expect(logger.lines).toEqual([`wire [#${channel.id} local:embedded → local:embedded] FLUSH`]);
  });

  it("logs every inbound event and passes it on", () => {
    const seen: string[] = [];
    const { logger, pipeline, channel } = setup(
      {},
      {
        channelActive: () => seen.push("active"),
        channelRead: () => seen.push("read"),
        channelReadComplete: () => seen.push("read complete"),
        channelWritabilityChanged: () => seen.push("writability"),
        userEventTriggered: () => seen.push("user event"),
        exceptionCaught: () => seen.push("exception"),
        channelInactive: () => seen.push("inactive"),
      },
    );
    seen.length = 0;
    pipeline.fireChannelActive();
    pipeline.fireChannelRead("x");
    pipeline.fireChannelReadComplete();
    pipeline.fireChannelWritabilityChanged();
    pipeline.fireUserEventTriggered("hi");
    pipeline.fireExceptionCaught(new Error("no"));
    pipeline.fireChannelInactive();
    expect(logger.take()).toEqual([
      "ACTIVE",
      'READ: "x"',
      "READ COMPLETE",
      "WRITABLE",
      'USER EVENT: "hi"',
      "EXCEPTION: Error: no",
      "INACTIVE",
    ]);
    expect(seen).toEqual(["active", "read", "read complete", "writability", "user event", "exception", "inactive"]);
    expect(channel.isOpen).toBe(true);
  });

  it("logs every operation and passes it on with its completion", async () => {
    const seen: string[] = [];
    const completed =
      (name: string) =>
      (_ctx: unknown, ...args: unknown[]) => {
        seen.push(name);
        (args.at(-1) as { succeed(): void } | undefined)?.succeed();
      };
    const logger = new Lines();
    const channel = new EmbeddedChannel(
      {
        bind: completed("bind"),
        connect: completed("connect"),
        disconnect: completed("disconnect"),
        read: () => seen.push("read"),
        write: completed("write"),
        flush: () => seen.push("flush"),
        shutdownOutput: completed("shutdownOutput"),
        close: completed("close"),
      },
      new LoggingHandler({ logger }),
    );
    logger.take();
    seen.length = 0;
    const done = [
      channel.bind({ port: 9000 }),
      channel.connect({ host: "::1", port: 80 }),
      channel.disconnect(),
      channel.write("x"),
      channel.shutdownOutput(),
      channel.close(),
    ];
    channel.read().flush();
    await Promise.all(done);
    expect(logger.take()).toEqual([
      "BIND: *:9000",
      "CONNECT: [::1]:80",
      "DISCONNECT",
      'WRITE: "x"',
      "SHUTDOWN OUTPUT",
      "CLOSE",
      "READ REQUEST",
      "FLUSH",
    ]);
    expect(seen).toEqual(["bind", "connect", "disconnect", "write", "shutdownOutput", "close", "read", "flush"]);
  });

  it.each([
    [{ path: "/run/x.sock" }, "/run/x.sock"],
    [{ local: "server" }, "local:server"],
    [{}, "localhost:0"],
  ])("says where to connect: %j", (options, expected) => {
    const { channel, logger } = channelAt();
    channel.connect(options);
    expect(logger.take()).toEqual([`CONNECT: ${expected}`]);
  });

  it("shows the code of a Sluice error, and gives the error itself to the logger", () => {
    const { logger, pipeline } = setup({}, { exceptionCaught: () => {} });
    const error = new SluiceError("READ_TIMEOUT", "too late");
    pipeline.fireExceptionCaught(error);
    expect(logger.take()).toEqual(["EXCEPTION: READ_TIMEOUT: too late"]);
    expect(logger.errors).toEqual([error]);
  });

  it("says when the channel stops being writable", () => {
    const { channel, logger } = setup();
    channel.pipeline.write(ByteBuf.alloc(70_000).writeBytes(new Uint8Array(70_000)));
    expect(logger.take().at(-1)).toBe("NOT WRITABLE");
  });

  it.each(["debug", "info", "warn", "error"] as const)("logs at %s", (level) => {
    const { channel, logger } = setup({ level });
    channel.flush();
    expect(new Set(logger.levels)).toEqual(new Set([level]));
  });

  it("logs at debug by default", () => {
    expect(setup().logger.levels[0]).toBe("debug");
  });

  it("serves several channels", () => {
    const logger = new Lines();
    const handler = new LoggingHandler({ logger });
    const channels = [new EmbeddedChannel(handler), new EmbeddedChannel(handler)];
    logger.lines.length = 0;
    for (const channel of channels) channel.flush();
    expect(logger.lines.map((line) => line.slice(0, line.indexOf(" ")))).toEqual(channels.map(({ id }) => `[#${id}`));
  });
});

describe("LoggingHandler dumps", () => {
  it.each([
    [{ hexDump: false }, HELLO],
    [{ maxDumpBytes: 0 }, HELLO],
    [{}, ByteBuf.alloc(8)],
  ])("has no dump: %j", (options, message) => {
    const { pipeline, logger } = setup(options);
    pipeline.fireChannelRead(message);
    expect(logger.take()).toEqual([`READ: ${message.readableBytes}B`]);
  });

  it("dumps byte arrays too", () => {
    const { pipeline, logger } = setup();
    pipeline.write(new Uint8Array([0xca, 0xfe]));
    expect(logger.take()[0]).toMatch(/^WRITE: 2B\n.*\|00000000\| ca fe /s);
  });

  it("stops at the bound, and says so", () => {
    const { pipeline, logger } = setup({ maxDumpBytes: 4 });
    const message = ByteBuf.from("xHELLO");
    message.skipBytes(1);
    pipeline.fireChannelRead(message);
    const [line] = logger.take();
    expect(line).toMatch(/^READ: 5B\n.*\|00000000\| 48 45 4c 4c {37}\|HELL {12}\|\n.*\n… 1 more bytes$/s);
    const unbound = setup({ maxDumpBytes: Number.POSITIVE_INFINITY });
    unbound.pipeline.fireChannelRead(ByteBuf.from("y".repeat(5000)));
    expect(unbound.logger.take()[0]).toMatch(/^READ: 5000B\n.*\|00001380\|/s);
  });
});

describe("LoggingHandler messages", () => {
  class Request {
    readonly id = 1;
  }
  class Greeting {
    toString() {
      return "hello\r\nforged line";
    }
  }
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const nested = { bytes: HELLO, more: new Uint8Array(3), host: Buffer.from("host"), big: 10n };

  it.each<[string, unknown, string]>([
    ["string", 'a\n"b"', '"a\\n\\"b\\""'],
    ["control characters", "\u001b[31m\u009b\u2028", '"\\u001b[31m\\u009b\\u2028"'],
    ["number", 7, "7"],
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["symbol", Symbol("s"), "Symbol(s)"],
    ["plain object", { id: 1 }, '{"id":1}'],
    ["object without a prototype", Object.assign(Object.create(null), { id: 1 }), '{"id":1}'],
    ["array", [1, "b"], '[1,"b"]'],
    ["instance", new Request(), 'Request {"id":1}'],
    ["words of its own", new Greeting(), "hello\\u000d\\u000aforged line"],
    ["error", new TypeError("bad"), "TypeError: bad"],
    ["bytes inside", nested, '{"bytes":"12B","more":"3B","host":"4B","big":"10n"}'],
    ["circular", circular, "{…}"],
    ["no JSON", { toJSON: () => undefined }, "{…}"],
    ["long string", "y".repeat(5000), `"${"y".repeat(1023)}…`],
    ["long object", { text: "y".repeat(5000) }, `{"text":"${"y".repeat(1015)}…`],
  ])("shows on one line: %s", (_what, message, expected) => {
    const { pipeline, logger } = setup();
    pipeline.fireUserEventTriggered(message);
    expect(logger.take()).toEqual([`USER EVENT: ${expected}`]);
  });

  it("shows idle events", () => {
    const logger = new Lines();
    const channel = new EmbeddedChannel(new IdleStateHandler({ readerIdleMs: 10 }), new LoggingHandler({ logger }));
    logger.take();
    channel.clock.advance(20);
    expect(logger.take()).toEqual([
      "USER EVENT: IdleStateEvent(READER_IDLE, first)",
      "USER EVENT: IdleStateEvent(READER_IDLE)",
    ]);
  });
});

describe("LoggingHandler off", () => {
  const EVENTS =
    "channelActive channelRead channelReadComplete channelWritabilityChanged userEventTriggered exceptionCaught " +
    "channelInactive bind connect disconnect read write flush shutdownOutput close";

  it.each<[string, Partial<LoggingHandlerOptions>]>([
    ["the level is off", { level: "off" }],
    ["the logger would drop the lines", { logger: Object.assign(new Lines(), { isLevelEnabled: () => false }) }],
  ])("implements nothing when %s", (_why, options) => {
    const logger = new Lines();
    const handler = new LoggingHandler({ logger, ...options });
    for (const event of EVENTS.split(" ")) expect(handler[event as keyof ChannelHandler], event).toBeUndefined();
    const channel = new EmbeddedChannel(handler);
    channel.writeInbound("in");
    channel.writeOutbound("out");
    expect(channel.finish()).toEqual({ inbound: ["in"], outbound: ["out"], unflushed: [] });
    expect(logger.lines).toEqual([]);
  });

  it("implements every event otherwise, whatever handler was off before", () => {
    new EmbeddedChannel(new LoggingHandler({ logger: new Lines(), level: "off" }));
    const handler = new LoggingHandler({ logger: new Lines() });
    for (const event of EVENTS.split(" ")) expect(handler[event as keyof ChannelHandler], event).toBeTypeOf("function");
  });

  it("asks the logger for the level it will use", () => {
    const asked: LogLevel[] = [];
    const logger = Object.assign(new Lines(), {
      isLevelEnabled(level: LogLevel) {
        asked.push(level);
        return true;
      },
    });
    const { channel } = setup({ logger, level: "info" });
    logger.take();
    channel.flush();
    expect(asked).toEqual(["info"]);
    expect(logger.take()).toEqual(["FLUSH"]);
  });

  it("takes console for a logger", () => {
    expect(() => new LoggingHandler({ logger: console })).not.toThrow();
  });
});

describe("LoggingHandler failures", () => {
  it.each<[string, unknown]>([
    ["no logger", {}],
    ["a logger without the method", { logger: { info: () => {} } }],
    ["an unknown level", { logger: new Lines(), level: "take" }],
    ["a negative bound", { logger: new Lines(), maxDumpBytes: -1 }],
    ["NaN for a bound", { logger: new Lines(), maxDumpBytes: Number.NaN }],
  ])("refuses %s", (_what, options) => {
    expect(() => new LoggingHandler(options as LoggingHandlerOptions)).toThrow(code("INVALID_ARGUMENT"));
  });

  it("passes events on although the logger or the message throws, and reports what was thrown", () => {
    const error = new Error("disk full");
    const thrower = () => {
      throw error;
    };
    const logger = { debug: thrower, info: thrower, warn: thrower, error: thrower };
    const { channel } = setup({ logger });
    expect(() => channel.checkException()).toThrow(error);
    expect(() => channel.writeInbound("x")).toThrow(error);
    expect(channel.inboundMessages).toEqual(["x"]);
    expect(() => channel.writeOutbound("y")).toThrow(error);
    expect(channel.outboundMessages).toEqual(["y"]);

    const fine = setup();
    const message = { toString: thrower };
    expect(() => fine.channel.writeInbound(message)).toThrow(error);
    expect(fine.channel.inboundMessages).toEqual([message]);
  });
});
