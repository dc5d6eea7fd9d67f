import { once } from "node:events";
import { type InetAddress, LineBasedFrameDecoder, LineEncoder, ServerBootstrap, StringDecoder, tcp } from "sluice";
import { JobHandler } from "./job-handler.js";

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    p
      .addLast(new LineBasedFrameDecoder())
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new LineEncoder())
      .addLast(new JobHandler()),
  )
  .bind({ host: "127.0.0.1", port: 0 });
console.log(`Listening on port ${(server.localAddress as InetAddress).port}.`);

await once(process, "SIGTERM");
console.log("Stopping. A second SIGTERM does not wait for anyone.");
const atOnce = new AbortController();
process.once("SIGTERM", () => atOnce.abort());

const report = await server.shutdown({ quietMs: 800, timeoutMs: 6000, signal: atOnce.signal });
console.log(`Departed: ${report.departed}, closed: ${report.closed}, cut: ${report.forced}.`);
