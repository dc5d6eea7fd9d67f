/** What is particular to Unix domain sockets; the contract in test/ holds them to what all transports promise. */
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bootstrap, ByteBuf, type Channel, ChannelOption, ServerBootstrap, type ServerChannel } from "@sluice/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { tcp } from "../tcp.js";
import { removeStaleSocket } from "./stale-socket.js";
import { type UnixOptions, unix } from "./unix.js";

const code = (code: string) => expect.objectContaining({ code });

describe("unix", () => {
  const open: Channel[] = [];
  let folder: string;
  let files = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-"));
  });
  afterEach(async () => {
    for (const channel of open.splice(0).reverse()) {
      channel.closeForcibly();
      await channel.closed;
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const free = () => join(folder, `s${++files}`);

  async function bind(path: string, options?: UnixOptions): Promise<ServerChannel> {
    const server = await new ServerBootstrap()
      .transport(unix(options))
      .childHandler((p) => p.addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }))
      .bind({ path });
    open.push(server);
    return server;
  }

  async function connect(path: string): Promise<Channel> {
    const channel = await new Bootstrap().transport(unix()).connect({ path });
    open.push(channel);
    return channel;
  }

  /** What a server leaves behind that was killed: closing removes the file under its first name only. */
  async function deadServer(path: string): Promise<void> {
    const server = net.createServer().listen(`${path}-`);
    await once(server, "listening");
    renameSync(`${path}-`, path);
    server.close();
    await once(server, "close");
  }

  it("calls both ends by the path, and a client's own end by none", async () => {
    const path = free();
    const server = await bind(path);
    const client = await connect(path);
    await expect.poll(() => server.children.size).toBe(1);
    const [child] = [...server.children];
    expect([client.localAddress, client.remoteAddress]).toEqual([{ path: "" }, { path }]);
    expect([child?.localAddress, child?.remoteAddress]).toEqual([{ path }, { path: "" }]);
    expect(server.localAddress).toEqual({ path });
  });

  it("makes the file with the server and removes it with it", async () => {
    const path = free();
    const server = await bind(path);
    expect(statSync(path).isSocket()).toBe(true);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it.each([0o600, 0o660, 0o777])("sets the mode %o", async (mode) => {
    const path = free();
    await bind(path, { mode });
    expect(statSync(path).mode & 0o777).toBe(mode);
    await connect(path);
  });

  it("fails to bind when the mode cannot be set, and leaves no file", async () => {
    const path = free();
    await expect(bind(path, { mode: Number.NaN })).rejects.toEqual(code("BIND_FAILED"));
    expect(existsSync(path)).toBe(false);
  });

  it("needs a path that the system can hold", async () => {
    const longest = join(folder, "x".repeat(107 - Buffer.byteLength(folder) - 1));
    expect(Buffer.byteLength(longest)).toBe(107);
    if (process.platform === "linux") await bind(longest);
    const before = readdirSync(folder);
    // Bytes count, not characters.
    for (const path of [`${longest}xx`, join(folder, "é".repeat(60)), `${free()}\0x`, ""]) {
      const connecting = new Bootstrap().transport(unix()).connect({ path });
      await expect(connecting).rejects.toEqual(code("INVALID_ARGUMENT"));
      await expect(bind(path)).rejects.toEqual(code("INVALID_ARGUMENT"));
    }
    await expect(bind(`${longest}xx`)).rejects.toMatchObject({ length: 109, limit: expect.any(Number) });
    expect(readdirSync(folder)).toEqual(before);
    await expect(new Bootstrap().transport(unix()).connect({ port: 80 })).rejects.toEqual(code("INVALID_ARGUMENT"));
  });

  it("names what is missing: the directory, the server, the permission", async () => {
    const binding = bind(join(folder, "none", "s"));
    await expect(binding).rejects.toEqual(code("ADDRESS_UNAVAILABLE"));
    await expect(binding).rejects.toThrow(/directory/);
    await expect(connect(free())).rejects.toEqual(code("CONNECT_REFUSED"));
    const file = free();
    writeFileSync(file, "no socket");
    await expect(connect(file)).rejects.toEqual(code("CONNECT_REFUSED"));
    await expect(bind(file)).rejects.toEqual(code("ADDRESS_IN_USE"));
  });

  it("has none of TCP's options, and TCP none of its paths", async () => {
    const path = free();
    await bind(path);
    for (const option of [ChannelOption.TCP_NODELAY, ChannelOption.SO_KEEPALIVE]) {
      const bootstrap = new Bootstrap().transport(unix()).option(option, true);
      await expect(bootstrap.connect({ path })).rejects.toEqual(code("OPTION_UNSUPPORTED"));
    }
    await expect(new Bootstrap().transport(tcp()).connect({ path })).rejects.toEqual(code("INVALID_ARGUMENT"));
    const binding = new ServerBootstrap()
      .transport(tcp())
      .childHandler(() => {})
      .bind({ path: free() });
    await expect(binding).rejects.toEqual(code("INVALID_ARGUMENT"));
  });

  describe("a path that is taken", () => {
    it("by a dead server stays so unless it may be replaced", async () => {
      const path = free();
      await deadServer(path);
      await expect(bind(path)).rejects.toEqual(code("ADDRESS_IN_USE"));
      expect(existsSync(path)).toBe(true);
      await bind(path, { replaceStale: true });
      await connect(path);
      expect(readdirSync(folder).filter((name) => name.includes("stale"))).toEqual([]);
    });

    it("by a living server is never replaced, and it does not notice", async () => {
      const path = free();
      const server = await bind(path);
      await expect(bind(path, { replaceStale: true })).rejects.toEqual(code("ADDRESS_IN_USE"));
      const client = await connect(path);
      client.writeAndFlush(ByteBuf.from("still here"));
      expect(String((await client.messages().next()).value)).toBe("still here");
      expect(server.isActive).toBe(true);
    });

    it("by something else than a socket is never replaced", async () => {
      const path = free();
      writeFileSync(path, "precious");
      await expect(bind(path, { replaceStale: true })).rejects.toEqual(code("ADDRESS_IN_USE"));
      expect(statSync(path).isFile()).toBe(true);
      const link = free();
      symlinkSync(path, link);
      await expect(bind(link, { replaceStale: true })).rejects.toEqual(code("ADDRESS_IN_USE"));
    });

    it("by a dead server is given to one of those who want it", async () => {
      const path = free();
      await deadServer(path);
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => bind(path, { replaceStale: true })));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toEqual(code("ADDRESS_IN_USE"));
      }
      await connect(path);
      expect(readdirSync(folder).filter((name) => name.includes("stale"))).toEqual([]);
    });

    it("is let go when it cannot be moved", async () => {
      const inner = mkdtempSync(join(folder, "ro-"));
      const path = join(inner, "s");
      await deadServer(path);
      chmodSync(inner, 0o500);
      try {
        // Root may move it all the same.
        expect(await removeStaleSocket(path)).toBe(process.getuid?.() === 0);
      } finally {
        chmodSync(inner, 0o700);
      }
    });
  });
});
