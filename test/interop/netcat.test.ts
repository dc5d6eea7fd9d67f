/**
 * A line server and the tools people try one out with: nc and socat, fed by a shell that tears what it sends. Between two
 * pieces the shell does not sleep but reads a line; it gets one for every chunk that has reached the server.
 */

import { execFile, execFileSync } from "node:child_process";
import {
  type ByteBuf,
  type ChannelHandlerContext,
  type InetAddress,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  SluiceError,
  StringDecoder,
  tcp,
} from "sluice";
import { describe, expect, it, type TestContext } from "vitest";

const HOST = "127.0.0.1";
const TIMEOUT_MS = 15_000;

const TOOLS = [
  { tool: "nc", connect: (port: number) => `nc ${HOST} ${port}` },
  { tool: "socat", connect: (port: number) => `socat - TCP:${HOST}:${port}` },
];

describe.for(TOOLS)("a line server and $tool", ({ tool, connect }) => {
  it("make one line of two pieces", async (context) => {
    require(context, tool);
    const { output, chunks } = await talk(connect, "printf 'he'; read -r _; printf 'llo\\nbye\\n'");
    expect(chunks[0]).toBe("he");
    expect(output).toBe("HELLO\nBYE\n");
  });

  it("make one character of two pieces", async (context) => {
    require(context, tool);
    const { output, chunks } = await talk(connect, "printf 'caf\\303'; read -r _; printf '\\251\\r\\nbye\\n'");
    expect(chunks.length).toBeGreaterThan(1);
    expect(output).toBe("CAFÉ\nBYE\n");
  });

  it("make several lines of one piece", async (context) => {
    require(context, tool);
    const { output, chunks } = await talk(connect, "printf 'a\\n\\nb\\nbye\\n'");
    expect(chunks).toEqual(["a\n\nb\nbye\n"]);
    expect(output).toBe("A\n\nB\nBYE\n");
  });

  it("go on after a line that is too long", async (context) => {
    require(context, tool);
    const { output, errors } = await talk(connect, "printf '%05000d\\nok\\nbye\\n' 0");
    expect(errors).toEqual(["FRAME_TOO_LONG"]);
    expect(output).toBe("OK\nBYE\n");
  });

  it("exchange many lines", async (context) => {
    require(context, tool);
    const { output } = await talk(connect, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done; echo bye");
    const lines = Array.from({ length: 20_000 }, (_, i) => `LINE ${i + 1}\n`);
    expect(output).toBe(`${lines.join("")}BYE\n`);
  });
});

// Unlike nc, of which there are several kinds, socat ends its sending direction with its input.
describe("a line server and the end of what socat sends", () => {
  it("still answers the last line", async (context) => {
    require(context, "socat");
    const { output, errors } = await talk(TOOLS[1]!.connect, "printf 'first\\nlast\\n'");
    expect(output).toBe("FIRST\nLAST\n");
    expect(errors).toEqual([]);
  });

  it("reports a last line without an end", async (context) => {
    require(context, "socat");
    const { output, errors } = await talk(TOOLS[1]!.connect, "printf 'whole\\nhalf'");
    expect(output).toBe("WHOLE\n");
    expect(errors).toEqual(["FRAME_TRUNCATED"]);
  });
});

/** Runs `script` with its output piped into the tool, and returns what came back and what the server saw. */
async function talk(connect: (port: number) => string, script: string) {
  const chunks: string[] = [];
  const errors: string[] = [];
  let goOn: () => void;
  await using server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((pipeline) =>
      pipeline
        .addLast({
          channelRead(ctx: ChannelHandlerContext<ByteBuf, ByteBuf>, chunk: ByteBuf) {
            chunks.push(chunk.toString("latin1"));
            goOn();
            ctx.fireChannelRead(chunk);
          },
        })
        .addLast(new LineBasedFrameDecoder({ maxLength: 1000 }))
        .addLast(new StringDecoder())
        .addLast(new LineEncoder())
        .addLast({
          channelRead(ctx, text) {
            ctx.writeAndFlush(text.toUpperCase());
            if (text === "bye") ctx.close();
          },
          channelWritabilityChanged(ctx) {
            ctx.channel.autoRead = ctx.channel.isWritable;
          },
          exceptionCaught(_ctx, error) {
            errors.push(error instanceof SluiceError ? error.code : error.message);
          },
        }),
    )
    .bind({ host: HOST, port: 0 });
  const { port } = server.localAddress as InetAddress;
  const output = await new Promise<string>((resolve, reject) => {
    const command = `{ ${script}; } | ${connect(port)}`;
    const { stdin } = execFile("sh", ["-c", command], { timeout: TIMEOUT_MS }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command}: ${error.message}, after ${stdout.length} characters`));
    });
    // A shell that has ended reads no more.
    stdin?.on("error", () => {});
    goOn = () => stdin?.write("\n");
  });
  return { output, chunks, errors };
}

function require(context: TestContext, tool: string): void {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`], { stdio: "ignore" });
  } catch {
    context.skip(`${tool} is not installed`);
  }
}
