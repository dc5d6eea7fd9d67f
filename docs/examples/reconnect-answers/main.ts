import { Bootstrap, JsonCodec, RequestResponseByIdHandler, tcp } from "sluice";
import { order } from "./order.js";
import { framed, type Order, openShop, type Receipt } from "./shop.js";

await using shop = await openShop();

await using client = new Bootstrap()
  .transport(tcp())
  .handler((p) =>
    framed(p)
      .addLast(new JsonCodec<Receipt, Order>())
      .addLast(
        new RequestResponseByIdHandler<Order, Receipt>({ requestId: ({ id }) => id, responseId: ({ id }) => id }),
      ),
  )
  .reconnect({ servers: [shop.localAddress], initialDelayMs: 100 });

for (const [id, item] of ["tea", "rice", "soap"].entries()) {
  const { text } = await order(client, { id, item });
  console.log(`${item}: ${text}`);
}
