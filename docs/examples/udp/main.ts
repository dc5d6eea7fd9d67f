import { Bootstrap, ByteBuf, connectedUdp, type InetAddress, JsonCodec } from "sluice";
import { announce, announcements } from "./discovery.js";
import { type Query, type Reply, startService } from "./service.js";

await using service = await startService();

await using stranger = await new Bootstrap().transport(connectedUdp()).connect(service.localAddress as InetAddress);
await stranger.send(ByteBuf.from("hello?"));

await using channel = await new Bootstrap()
  .transport(connectedUdp())
  .handler((p) => p.addLast(new JsonCodec<Reply, Query>()))
  .connect(service.localAddress as InetAddress);

await channel.send({ id: 1, sensor: "kitchen" });
for await (const { id, value } of channel.messages()) {
  console.log(id, value);
  break;
}

await using heard = await announcements();
await announce("a service has started", heard.localAddress as InetAddress);
for await (const packet of heard.messages()) {
  console.log(packet.content.toString());
  break;
}
