import { Bootstrap, type InetAddress, ServerBootstrap, tcp } from "sluice";
import { sensorPipeline } from "./sensor-pipeline.js";

await using server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => {
    const names = new Map<number, string>();
    return sensorPipeline(p).addLast({
      channelRead(ctx, message) {
        if (message.kind === "name") names.set(message.sensor, message.name);
        else console.log(`${names.get(message.sensor) ?? "unknown"}: ${message.milli / 1000}`);
        ctx.writeAndFlush(message);
      },
    });
  })
  .bind({ host: "127.0.0.1", port: 0 });
server.children.on("error", (error) => console.error(error.message));

await using channel = await new Bootstrap()
  .transport(tcp())
  .handler(sensorPipeline)
  .connect(server.localAddress as InetAddress);

await channel.send({ kind: "name", sensor: 7, name: "厨房 🌡" });
await channel.send({ kind: "reading", sensor: 7, milli: 21_500 });
await channel.send({ kind: "reading", sensor: 8, milli: -4_000 });
let echoed = 0;
for await (const message of channel.messages()) {
  if (message.kind === "reading" && ++echoed === 2) break;
}
