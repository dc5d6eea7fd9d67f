// The server's end of the cable.
import process from "node:process";
import { ServerBootstrap, tcp } from "sluice";
import { initialise, isReady, options } from "./end.mjs";

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => initialise(p))
  .bind({ host: options.host, port: options.port ?? 0 });

process.on("message", (message) => {
  if (message.what === "count") process.send({ what: "counted", channels: server.children.size });
  if (message.what === "flood") flood(message);
});

/** Writes more than a peer that acknowledges nothing can take, and tells what became of it. */
function flood({ messages, bytes }) {
  const [channel] = server.children;
  const outcomes = {};
  const note = (error) => {
    const outcome = error?.code ?? "taken by the system";
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  for (let i = 0; i < messages; i++) channel.writeAndFlush({ bulk: "x".repeat(bytes) }).addListener(note);
  channel.once("close", () => process.send({ what: "flooded", outcomes }));
}

isReady();
process.send({ what: "listening", port: server.localAddress.port });
