// Two servers that answer each request with its text in capitals: one in order, one in whatever order it likes. On
// `measure` the process says what it holds.
import process from "node:process";
import {
  HeartbeatHandler,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  oneByteHeartbeat,
  ServerBootstrap,
  tcp,
} from "sluice";
import { holdings } from "../process-holdings.mjs";

const heartbeat = JSON.parse(process.argv[2]);
const unhandled = [];
process.on("uncaughtException", (error) => unhandled.push(String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

const errors = {};

async function serve(handler) {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      p
        .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
        .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
        .addLast(new HeartbeatHandler({ side: "server", protocol: oneByteHeartbeat(), ...heartbeat }))
        .addLast(new JsonCodec())
        .addLast(handler()),
    )
    .bind({ host: "127.0.0.1", port: 0 });
  server.children.on("error", ({ code = "no code" }) => {
    errors[code] = (errors[code] ?? 0) + 1;
  });
  return server;
}

function answer(ctx, { id, text }) {
  ctx.writeAndFlush({ id, text: text.toUpperCase() });
}

const servers = {
  "in order": await serve(() => ({ channelRead: answer })),
  "by id": await serve(() => {
    let asked = [];
    return {
      channelRead: (_ctx, request) => asked.push(request),
      // The newest first, so that nothing but the id tells which answer is whose.
      channelReadComplete(ctx) {
        for (const request of asked.reverse()) answer(ctx, request);
        asked = [];
        ctx.fireChannelReadComplete();
      },
    };
  }),
};

process.on("message", () => {
  const open = Object.values(servers).reduce((sum, { children }) => sum + children.size, 0);
  process.send({ open, unhandled, errors, ...holdings() });
});
process.send(Object.fromEntries(Object.entries(servers).map(([kind, { localAddress }]) => [kind, localAddress.port])));
