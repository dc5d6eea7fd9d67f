// Answers each line; with `--spin` after as many microseconds of work. The first argument: the options of its workers, or none.
import { LineBasedFrameDecoder, LineEncoder, ServerBootstrap, StringDecoder, tcp, WorkerGroup } from "sluice";

const [workers, spinMicros] = process.argv.slice(2);
const bootstrap = new ServerBootstrap().transport(tcp()).childHandler((p) =>
  p
    .addLast(new LineBasedFrameDecoder())
    .addLast(new StringDecoder({ framed: true }))
    .addLast(new LineEncoder())
    .addLast({
      channelRead(ctx, line) {
        spin(Number(spinMicros));
        ctx.writeAndFlush(line);
      },
    }),
);
const options = JSON.parse(workers);
const server = await (options === null ? bootstrap : bootstrap.workers(options)).bind({ host: "127.0.0.1", port: 0 });
const isGroup = server instanceof WorkerGroup;

if (isGroup || options === null) {
  const { port } = server.localAddress;
  const each = async () => (isGroup ? (await server.count()).workers.map(({ counters }) => counters.accepted) : []);
  process.on("message", async () => process.send({ accepted: await each() }));
  process.on("disconnect", () => {
    if (isGroup) server.closeForcibly();
    else process.exit();
  });
  process.send({ port, pids: isGroup ? server.workers.map(({ pid }) => pid) : [] });
}

function spin(micros) {
  const until = performance.now() + micros / 1000;
  while (performance.now() < until);
}
