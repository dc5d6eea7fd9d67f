/** Unix domain sockets with the tools people try them out with, as clients and as servers, and with a server that is killed. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Bootstrap,
  type ChannelPipeline,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  StringDecoder,
  unix,
} from "sluice";
import { afterAll, describe, expect, it, type TestContext } from "vitest";

const TIMEOUT_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), "sluice-"));
let files = 0;
const free = () => join(folder, `s${++files}`);
afterAll(() => rmSync(folder, { recursive: true }));

describe.for([
  { tool: "nc", connect: (path: string) => `nc -U ${path}` },
  { tool: "socat", connect: (path: string) => `socat - UNIX-CONNECT:${path}` },
])("a line server on a path, and $tool", ({ tool, connect }) => {
  it("exchange lines until one says bye", async (context) => {
    require(context, tool);
    const path = free();
    await using _server = await shouting(path);
    const answers = await shell(`printf 'one\\ntwo words\\n\\nbye\\n' | ${connect(path)}`);
    expect(answers).toBe("ONE\nTWO WORDS\n\nBYE\n");
  });

  it("exchange many lines", async (context) => {
    require(context, tool);
    const path = free();
    await using _server = await shouting(path);
    const answers = await shell(
      `{ i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo line $i; done; echo bye; } | ${connect(path)}`,
    );
    expect(answers).toBe(`${Array.from({ length: 5000 }, (_, i) => `LINE ${i + 1}\n`).join("")}BYE\n`);
  });
});

describe("a client on a path, and socat", () => {
  it("exchange lines with what socat serves, and see its end", async (context) => {
    require(context, "socat");
    const path = free();
    const socat = spawn("socat", [`UNIX-LISTEN:${path}`, "SYSTEM:head -n 2"], { stdio: "ignore" });
    const exited = once(socat, "exit");
    try {
      await expect.poll(() => existsSync(path), { timeout: TIMEOUT_MS }).toBe(true);
      await using channel = await new Bootstrap().transport(unix()).handler(lines).connect({ path });
      await channel.send("first");
      await channel.send("second");
      const answers: string[] = [];
      for await (const line of channel.messages()) answers.push(line);
      expect(answers).toEqual(["first", "second"]);
      expect(channel.closeCause).toBeUndefined();
      await exited;
    } finally {
      socat.kill("SIGKILL");
    }
  });
});

describe("a server that is killed", () => {
  it("leaves a path that only replaceStale takes over", async () => {
    const path = free();
    const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("listening"))`;
    const dead = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    await once(dead.stdout, "data");
    const exited = once(dead, "exit");
    // While it lives, it keeps its path.
    await expect(shouting(path, true)).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
    dead.kill("SIGKILL");
    await exited;
    expect(statSync(path).isSocket()).toBe(true);
    await expect(shouting(path, false)).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
    await using _server = await shouting(path, true);
    await using channel = await new Bootstrap().transport(unix()).handler(lines).connect({ path });
    await channel.send("alive");
    expect((await channel.messages().next()).value).toBe("ALIVE");
  });
});

function shouting(path: string, replaceStale = false) {
  return new ServerBootstrap()
    .transport(unix({ replaceStale }))
    .childHandler((pipeline) =>
      lines(pipeline).addLast({
        channelRead(ctx, text) {
          ctx.writeAndFlush(text.toUpperCase());
          if (text === "bye") ctx.close();
        },
        channelWritabilityChanged(ctx) {
          ctx.channel.autoRead = ctx.channel.isWritable;
        },
      }),
    )
    .bind({ path });
}

function lines(pipeline: ChannelPipeline) {
  return pipeline.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder());
}

function shell(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", command], { timeout: TIMEOUT_MS }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command}: ${error.message}, after ${stdout.length} characters`));
    });
  });
}

function require(context: TestContext, tool: string): void {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`], { stdio: "ignore" });
  } catch {
    context.skip(`${tool} is not installed`);
  }
}
