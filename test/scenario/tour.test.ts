/** `npm start` and its options, run from the built files. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Checks } from "../../docs/examples/tour/checks.js";
import { cut, displayWidth, padEnd, printable, printableText } from "../../docs/examples/tour/columns.js";
import { framingScene } from "../../docs/examples/tour/framing-scene.js";
import { FRAMINGS } from "../../docs/examples/tour/framings.js";
import { Stage } from "../../docs/examples/tour/stage.js";
import { ExampleProcess } from "./example-process.js";

function start(...args: string[]): ExampleProcess {
  const process = new ExampleProcess("tour/main", ...args);
  onTestFinished(() => process.signal("SIGKILL"));
  return process;
}

describe("the tour", () => {
  let tour: ExampleProcess;
  let lines: string[];

  beforeAll(async () => {
    tour = new ExampleProcess("tour/main");
    await tour.exit();
    lines = tour.stdout.trimEnd().split("\n");
  });

  it("finds all as expected and ends with 0", async () => {
    expect(tour.stderr).toBe("");
    expect(lines.at(-1)).toBe("Checked 28 messages and 16 events: all as expected.");
    expect(await tour.exit()).toBe(0);
  });

  it("shows what arrived and what came out of it", () => {
    // Torn inside a character, and whole again.
    expect(tour.stdout).toContain("\\xe7\\xb2");
    expect(lines.filter((line) => line.endsWith("  粘包 🎉"))).toHaveLength(4);
    for (const event of ["! silent for 1000 ms", "! FRAME_TOO_LONG", "! FRAME_TRUNCATED"]) {
      expect(tour.stdout).toContain(event);
    }
  });

  it("keeps its columns straight without colours", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(tour.stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    expect(lines.filter((line) => displayWidth(line) > 100)).toEqual([]);

    const columns = (text: string) =>
      lines.filter((line) => line.endsWith(`  ${text}`)).map((line) => displayWidth(line) - displayWidth(text));
    const outcomes = ["came out", "three", "粘包 🎉", "four", "拆包", "·"].map(columns);
    expect(outcomes.every((found) => found.length >= 4)).toBe(true);
    expect(new Set(outcomes.flat()).size).toBe(1);
  });

  it("notices a message that does not come out as expected", async () => {
    const checks = new Checks();
    const printed: string[] = [];
    {
      await using stage = new Stage("127.0.0.1", (line) => printed.push(line ?? ""), checks);
      await stage.open(0);
      await framingScene(stage, FRAMINGS.lines);
      expect(checks.problems).toEqual([]);
      // A client that puts something of its own in front of each line.
      const lying = { ...FRAMINGS.lines, encode: (text: string) => Buffer.from(`>${text}\n`) };
      await stage.listen(lying, 0);
      await framingScene(stage, lying);
    }
    expect(checks.passed).toBe(false);
    expect(checks.problems[0]).toBe('lines, message 1: expected "one", got ">one"');
    expect(checks.problems).toHaveLength(6);
    expect(checks.summary).toBe("Checked 12 messages and 4 events: 6 NOT as expected.");
  });
});

describe("Checks", () => {
  it("counts messages that are missing, and messages too many", () => {
    const checks = new Checks();
    checks.messages("here", ["a", "b"], ["a"]);
    checks.messages("there", ["c"], ["c", "d"]);
    expect(checks.problems).toEqual([
      'here, message 2: expected "b", got nothing',
      'there, message 2: expected nothing, got "d"',
    ]);
    expect(checks.summary).toBe("Checked 3 messages and 0 events: 2 NOT as expected.");
  });

  it("does not pass without having seen a message", () => {
    expect(new Checks().passed).toBe(false);
  });
});

describe("what cannot work", () => {
  it.each([
    [["--port", "abc"], /^--port must be a whole number from 0 to 65532 .*"abc"$/],
    [["--port", "70000"], /^--port must be .*"70000"$/],
    [["--port", "65533"], /^--port must be .*"65533"$/],
    [["--port", "-1"], /--port/],
    [["--port=1e3"], /^--port must be .*"1e3"$/],
    [["--port"], /--port.*try --help$/],
    [["--serve", "--port", ""], /^--port must be .*""$/],
    [["--host", ""], /^--host needs an address/],
    [["--host", "256.256.256.256"], /^cannot listen on 256\.256\.256\.256/],
    [["--bogus"], /^Unknown option '--bogus'; try --help$/],
    [["bogus"], /^Unexpected argument 'bogus'; try --help$/],
  ])("%j is one line on stderr and exit code 2", async (args, complaint) => {
    const process = start(...args);
    expect(await process.exit()).toBe(2);
    expect(process.stdout).toBe("");
    expect(process.stderr).toMatch(/^[^\n]+\n$/);
    expect(process.stderr.trimEnd()).toMatch(complaint);
  });

  it.each([[[]], [["--serve"]]])("neither can a port that is taken (%j)", async (mode) => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    // As the first of the four, and as the second, when one server has been started already.
    for (const first of [port, port - 1]) {
      const process = start(...mode, "--port", String(first));
      expect(await process.exit()).toBe(2);
      expect(process.stdout).toBe("");
      expect(process.stderr).toMatch(/^cannot listen on 127\.0\.0\.1:\d+: something else listens there; [^\n]+\n$/);
    }
  });

  it("--help helps, whatever else is there", async () => {
    const process = start("--port", "abc", "--help");
    expect(await process.exit()).toBe(0);
    expect(process.stdout).toContain("--serve");
    expect(process.stderr).toBe("");
  });
});

describe("--serve", () => {
  const ports =
    /(\d+) {2}lines[\s\S]*?(\d+) {2}delimiters[\s\S]*?(\d+) {2}fixed length[\s\S]*?(\d+) {2}length field[\s\S]*?Ctrl-C/;

  it("echoes what people send, logs it, and stops in order on Ctrl-C", async () => {
    const serving = start("--serve", "--port", "0");
    const [, lines, delimiters, fixed, lengthField] = await serving.printed(ports);
    expect(await talk(lines, "wha", "tever\nthe c\r", "\nuts\n")).toBe("whatever\nthe c\nuts\n");
    expect(await talk(delimiters, "one|", "|two||")).toBe("one||two||");
    expect(await talk(fixed, "hello   ", "    ")).toBe("hello       ");
    expect(await talk(lengthField, "\0\0", "\0\x05hel", "lo")).toBe("\0\0\0\x05hello");
    expect(await talk(lines, "\x1b[2J\n")).toBe("\x1b[2J\n");
    await serving.printed(/"\\x1b\[2J"/);

    // One connection is open when the servers are stopped.
    const open = connect(Number(lines), "127.0.0.1");
    await once(open, "connect");
    open.write("still here\n");
    await serving.printed(/"still here"/);
    serving.signal("SIGINT");
    open.resume();
    await once(open, "end");
    open.end();
    expect(await serving.exit()).toBe(0);
    expect(serving.stderr).toBe("");
    for (const logged of ["lines .*whatever", "delimiters .*two", "fixed length .*hello", "length field .*hello"]) {
      expect(serving.stdout).toMatch(new RegExp(`${logged}"$`, "m"));
    }
    expect(serving.stdout).toMatch(/Stopped\. Connections closed in order: 1, cut: 0\.\n$/);
  });

  it("names an error to the client that made it, and goes on", async () => {
    const serving = start("--serve", "--port", "0");
    const [, lines] = await serving.printed(ports);
    expect(await talk(lines, "x".repeat(2000), "\nnext\n")).toBe("error FRAME_TOO_LONG\nnext\n");
    await serving.printed(/! FRAME_TOO_LONG: /);
    expect(await talk(lines, "someone else\n")).toBe("someone else\n");
    serving.signal("SIGTERM");
    expect(await serving.exit()).toBe(0);
  });

  /** Sends the pieces one after the other and returns all that came back, `latin1` either way. */
  async function talk(port: string | undefined, ...pieces: string[]): Promise<string> {
    const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
    let answer = "";
    socket.setEncoding("latin1").on("data", (text) => {
      answer += text;
    });
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, "latin1", resolve));
    socket.end();
    await once(socket, "close");
    return answer;
  }
});

describe("columns", () => {
  it.each([
    ["abc", 3],
    ["粘包", 4],
    ["ｗｉｄｅ。", 10],
    ["e\u0301", 1],
    ["🎉", 2],
    ["👩‍👩‍👧", 2],
    ["", 0],
  ])("gives %j its width: %d", (text, width) => {
    expect(displayWidth(text)).toBe(width);
    expect(displayWidth(padEnd(text, 12))).toBe(12);
  });

  it("cuts between characters", () => {
    expect(cut("粘包", 4)).toBe("粘包");
    expect(cut("粘包!", 4)).toBe("粘…");
    expect(cut("abcdef", 4)).toBe("abc…");
  });

  it("escapes what is not a whole, visible character", () => {
    expect(printable(Buffer.from([0xe7, 0xb2, 0x98, 0xe5, 0x8c]))).toBe("粘\\xe5\\x8c");
    expect(printable(Buffer.from([0xc0, 0x80, 0xff, 0x41]))).toBe("\\xc0\\x80\\xffA");
    expect(printableText("a\r\n\t\\\x1b\x7f\u202e\u2028")).toBe("a\\r\\n\\t\\\\\\x1b\\x7f\\u{202e}\\u{2028}");
    expect(printableText("\0a\x001")).toBe("\\0a\\x001");
  });
});
