import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";

/** Node opens as many modules at once while the server starts. */
const DESCRIPTORS = 400;
const sockets: Socket[] = [];
let server: ChildProcess | undefined;

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.kill("SIGKILL");
});

it("a server that runs out of file descriptors lives, and serves again when there are some", async () => {
  const script = fileURLToPath(new URL("out-of-descriptors/server.mjs", import.meta.url));
  server = spawn("sh", ["-c", `ulimit -n ${DESCRIPTORS}; exec "${process.execPath}" "${script}"`], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const { port } = await answer<{ port: number }>(server);

  let refused = 0;
  for (let i = 0; i < 2 * DESCRIPTORS; i++) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.on("close", () => refused++);
    sockets.push(socket);
  }
  await expect.poll(() => openConnections(), { timeout: 10_000 }).toBeGreaterThan(DESCRIPTORS / 2);
  await expect.poll(() => refused, { timeout: 10_000 }).toBeGreaterThan(0);

  for (const socket of sockets) socket.destroy();
  await expect.poll(() => openConnections(), { timeout: 10_000 }).toBe(0);
  const late = connect(port, "127.0.0.1");
  sockets.push(late);
  late.write("still there?");
  expect(String((await once(late, "data"))[0])).toBe("still there?");
});

async function openConnections(): Promise<number> {
  server?.send("open");
  return (await answer<{ open: number }>(server as ChildProcess)).open;
}

async function answer<T>(from: ChildProcess): Promise<T> {
  return (await once(from, "message"))[0] as T;
}
