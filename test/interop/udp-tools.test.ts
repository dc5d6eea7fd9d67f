/** A UDP service, and channels connected to one, with the tools people try them out with: nc and socat. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  Bootstrap,
  type Channel,
  connectedUdp,
  DatagramPacketDecoder,
  DatagramPacketEncoder,
  type InetAddress,
  StringDecoder,
  StringEncoder,
  udp,
} from "sluice";
import { describe, expect, it, onTestFinished, type TestContext } from "vitest";

const HOST = "127.0.0.1";

const TOOLS = [
  { tool: "nc", args: (port: number) => ["-u", HOST, `${port}`] },
  { tool: "socat", args: (port: number) => ["-", `UDP4:${HOST}:${port}`] },
];

/** Answers every datagram with the number of its characters and its text in capitals. */
async function service(): Promise<Channel> {
  const channel = await new Bootstrap()
    .transport(udp())
    .handler((p) =>
      p
        .addLast(new DatagramPacketDecoder(new StringDecoder({ framed: true })))
        .addLast(new DatagramPacketEncoder(new StringEncoder()))
        .addLast({
          channelRead(ctx, packet) {
            ctx.writeAndFlush(packet.reply(`${packet.content.length} ${packet.content.toUpperCase()}`));
          },
        }),
    )
    .bind({ host: HOST, port: 0 });
  onTestFinished(() => channel[Symbol.asyncDispose]());
  return channel;
}

describe.for(TOOLS)("a UDP service and $tool", ({ tool, args }) => {
  it("exchange datagrams: each line is one, and so is its answer", async (context) => {
    require(context, tool);
    const { port } = (await service()).localAddress as InetAddress;
    const client = run(tool, args(port));
    const answers: string[] = [];
    for (const line of ["one", "grüße 粘包", "x".repeat(1000)]) answers.push(await ask(client, `${line}\n`));
    expect(answers).toEqual(["4 ONE\n", "9 GRÜSSE 粘包\n", `1001 ${"X".repeat(1000)}\n`]);
  });
});

describe("a connected channel and an echo service of socat", () => {
  it("exchange datagrams, once socat has started", async (context) => {
    require(context, "socat");
    const port = await freePort();
    const channel = await new Bootstrap()
      .transport(connectedUdp())
      .handler((p) => p.addLast(new StringDecoder({ framed: true })).addLast(new StringEncoder()))
      .connect({ host: HOST, port });
    onTestFinished(() => channel[Symbol.asyncDispose]());
    let refused = 0;
    channel.on("error", (error) => {
      expect(error).toMatchObject({ code: "PEER_UNREACHABLE" });
      if (refused++ === 0) run("socat", [`UDP4-RECVFROM:${port},bind=${HOST},fork`, "PIPE"]);
      channel.writeAndFlush("hello");
    });
    channel.writeAndFlush("hello");
    for await (const answer of channel.messages()) {
      expect(answer).toBe("hello");
      break;
    }
    expect(refused).toBeGreaterThan(0);
  });
});

/** Starts a tool that ends with the test. */
function run(tool: string, args: string[]): ChildProcess {
  const child = spawn(tool, args);
  child.stdout.setEncoding("utf8");
  onTestFinished(() => void child.kill());
  return child;
}

/** Writes a datagram's worth and waits for as many lines as it had: one. */
function ask({ stdin, stdout }: ChildProcess, line: string): Promise<string> {
  stdin?.write(line);
  return new Promise((resolve) => {
    let answer = "";
    stdout?.on("data", function collect(text) {
      answer += text;
      if (!answer.endsWith("\n")) return;
      stdout.off("data", collect);
      resolve(answer);
    });
  });
}

/** A port that nobody listens on for the moment. */
async function freePort(): Promise<number> {
  const channel = await new Bootstrap().transport(udp()).bind({ host: HOST, port: 0 });
  const { port } = channel.localAddress as InetAddress;
  await channel.close();
  return port;
}

function require(context: TestContext, tool: string): void {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`], { stdio: "ignore" });
  } catch {
    context.skip(`${tool} is not installed`);
  }
}
