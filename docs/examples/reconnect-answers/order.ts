import { type ReconnectingClient, RequestResponseByIdHandler, SluiceError } from "sluice";
import type { Order, Receipt } from "./shop.js";

/** Orders until there is a receipt. That is safe because the shop knows an order it has seen by its id. */
export async function order(client: ReconnectingClient<Receipt, Order>, order: Order): Promise<Receipt> {
  for (;;) {
    const channel = await client.ready();
    const requests = channel.pipeline.get(RequestResponseByIdHandler<Order, Receipt>);
    try {
      if (requests !== undefined) return await requests.request(order);
    } catch (error) {
      const isLost = error instanceof SluiceError && error.code === "CHANNEL_CLOSED";
      if (!isLost) throw error;
      console.log(`no receipt for ${order.item}, once more`);
    }
    await channel.closed;
  }
}
