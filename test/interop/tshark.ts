/** Asks tshark and capinfos about a capture, as somebody does who opens it in Wireshark. */
import { execFileSync } from "node:child_process";
import { expect, type TestContext } from "vitest";

/** One packet, as tshark reads it. */
export interface SeenPacket {
  readonly stream: string;
  readonly from: string;
  readonly flags: string;
  /** Of the payload. */
  readonly bytes: number;
  readonly comment: string;
}

/** Both directions of a TCP conversation, as `-z conv,tcp` counts them. */
interface SeenConversation {
  readonly frames: number;
  /** With its unit. */
  readonly bytes: string;
}

export interface SeenCapture {
  readonly packets: readonly SeenPacket[];
  readonly conversations: readonly SeenConversation[];
}

export function requireTshark(context: TestContext): void {
  for (const program of ["tshark", "capinfos"]) {
    try {
      execFileSync(program, ["--version"], { stdio: "ignore" });
    } catch {
      context.skip(`${program} is not installed`);
    }
  }
}

/** How many packets Wireshark is to complain about, in a capture of something to be complained about. */
export interface ExpectedComplaints {
  /** @default none */
  readonly warnings?: number;
  /** Findings of its TCP analysis. @default none */
  readonly findings?: readonly string[];
}

/** Reads a capture in which nothing else is wrong: its form, every checksum, and what TCP analysis makes of it. */
export function readCapture(file: string, { warnings = 0, findings = [] }: ExpectedComplaints = {}): SeenCapture {
  const lines = tshark(file, ["-T", "fields", ...FIELDS.flatMap((field) => ["-e", field]), "-z", "conv,tcp"]);
  const rows = lines.filter((line) => /^\d+\t/.test(line)).map((line) => line.split("\t"));
  const wrong: string[][] = [];
  let warned = 0;
  const found: string[] = [];
  const packets = rows.map((row) => {
    const field = (name: (typeof FIELDS)[number]) => row[FIELDS.indexOf(name)] ?? "";
    const severities = field("_ws.expert.severity").split(",").filter(Boolean).map(Number);
    if (severities.some((severity) => severity >= WARNING)) warned++;
    const transport = field("tcp.checksum.status") || field("udp.checksum.status");
    const isChecked = transport === "1" && (field("ipv6.src") !== "" || field("ip.checksum.status") === "1");
    if (!isChecked || field("_ws.malformed") !== "") wrong.push(row);
    found.push(...ANALYSIS.filter((name) => field(name) !== ""));
    return {
      stream: field("tcp.stream"),
      from: `${field("ip.src") || field("ipv6.src")}:${field("tcp.srcport") || field("udp.srcport")}`,
      flags: field("tcp.flags.str").replaceAll("·", ""),
      bytes: field("udp.length") === "" ? Number(field("tcp.len")) : Number(field("udp.length")) - 8,
      comment: field("frame.comment"),
    };
  });
  expect(wrong).toEqual([]);
  expect(found).toEqual(findings);
  expect(warned).toBe(warnings);
  expectInfo(file, packets.length);
  return { packets, conversations: lines.filter((line) => line.includes("<->")).map(conversation) };
}

function tshark(file: string, args: readonly string[]): string[] {
  const preferences = ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"];
  // Ports of the test's moment are nobody's protocol.
  const decodeAs = ["tcp.port==1-65535,data", "udp.port==1-65535,data"];
  const output = execFileSync(
    "tshark",
    [
      ...["-n", "-r", file, ...args],
      ...preferences.flatMap((name) => ["-o", `${name}:TRUE`]),
      ...decodeAs.flatMap((rule) => ["-d", rule]),
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: TIMEOUT_MS, maxBuffer: 1 << 26 },
  );
  return output.split("\n");
}

function expectInfo(file: string, packets: number): void {
  const info = execFileSync("capinfos", [file], { encoding: "utf8", timeout: TIMEOUT_MS });
  expect(info).toMatch(/File encapsulation: +Raw IP/);
  expect(info).toMatch(/Strict time order: +True/);
  expect(info).toMatch(/Capture application: +Sluice/);
  expect(info).toMatch(new RegExp(`^ +Number of packets = ${packets}$`, "m"));
}

/** Behind the addresses stand frames, bytes and their unit three times: there, back and both. */
function conversation(line: string): SeenConversation {
  const numbers = line.split("<->")[1]?.trim().split(/\s+/) ?? [];
  return { frames: Number(numbers[7]), bytes: `${numbers[8]} ${numbers[9]}` };
}

const FIELDS = [
  ...["frame.number", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "udp.srcport", "tcp.flags.str", "tcp.len"],
  ...["udp.length", "frame.comment", "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"],
  ...["_ws.malformed", "_ws.expert.severity", "tcp.analysis.flags"],
  ...["tcp.analysis.lost_segment", "tcp.analysis.ack_lost_segment"],
] as const;
/** Every finding sets the first; the others say which. */
const ANALYSIS = ["tcp.analysis.flags", "tcp.analysis.lost_segment", "tcp.analysis.ack_lost_segment"] as const;

const TIMEOUT_MS = 25_000;
/** Below it are comments, chats (SYN, FIN) and notes ("this frame ends the connection"). */
const WARNING = 0x60_0000;
