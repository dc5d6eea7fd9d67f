import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { Outcomes } from "../../fixtures/outcome.js";
import { RequestResponseByIdHandler, type RequestResponseByIdHandlerOptions } from "../index.js";

interface Message {
  readonly id?: number;
  readonly text: string;
}

function setup(options?: Partial<RequestResponseByIdHandlerOptions<Message, Message>>) {
  const handler = new RequestResponseByIdHandler<Message, Message>({
    requestId: ({ id }) => {
      if (id === undefined) throw new Error("no id");
      return id;
    },
    responseId: ({ id }) => id,
    ...options,
  });
  const channel = new EmbeddedChannel(handler);
  const outcomes = new Outcomes();
  const request = (id: number | undefined, how?: Parameters<typeof handler.request>[1]) => {
    const message = id === undefined ? { text: "?" } : { id, text: "?" };
    outcomes.of(
      String(id),
      handler.request(message, how).then(({ text }) => text),
    );
  };
  const respond = (...ids: number[]) => channel.writeInbound(...ids.map((id) => ({ id, text: `to ${id}` })));
  return { handler, channel, clock: channel.clock, outcomes, request, respond };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("RequestResponseByIdHandler", () => {
  it("gives each request the response of its id, in any order", async () => {
    const { channel, handler, outcomes, request, respond } = setup();
    for (const id of [0, 1, 2]) request(id);
    expect(channel.outboundMessages.map((message) => (message as Message).id)).toEqual([0, 1, 2]);
    respond(2, 0, 1);
    expect(await outcomes.take()).toEqual(["2: to 2", "0: to 0", "1: to 1"]);
    expect(handler.inFlight).toBe(0);
  });

  it("drops and counts late responses, and gives up no place for them", async () => {
    const { clock, handler, outcomes, request, respond } = setup({ maxPending: 2, timeoutMs: 10 });
    const abort = new AbortController();
    request(1);
    request(2, { signal: abort.signal });
    abort.abort();
    clock.advance(10);
    expect(handler.inFlight).toBe(0);
    request(3);
    request(4);
    request(5);
    respond(4, 1, 3, 2);
    expect(await outcomes.take()).toEqual([
      "2: ABORTED",
      "1: REQUEST_TIMEOUT",
      "5: REQUESTS_FULL",
      "4: to 4",
      "3: to 3",
    ]);
    expect([handler.lateResponses, handler.unexpectedResponses]).toEqual([2, 0]);
  });

  it("reports an unknown id, and an id that has been answered", async () => {
    const { handler, outcomes, request, respond } = setup();
    request(1);
    expect(() => respond(7)).toThrow(code("UNEXPECTED_RESPONSE"));
    respond(1);
    expect(() => respond(1)).toThrow(code("UNEXPECTED_RESPONSE"));
    expect(await outcomes.take()).toEqual(["1: to 1"]);
    expect(handler.unexpectedResponses).toBe(2);
  });

  it("passes unknown ids on if that is wanted, and messages without an id always", () => {
    for (const unsolicited of ["pass", "error"] as const) {
      const { channel, handler, respond } = setup({ unsolicited });
      channel.writeInbound({ text: "push" });
      expect(channel.readInbound()).toEqual({ text: "push" });
      expect(handler.unexpectedResponses).toBe(0);
      if (unsolicited === "error") continue;
      respond(7);
      expect(channel.readInbound()).toEqual({ id: 7, text: "to 7" });
      expect(handler.unexpectedResponses).toBe(1);
    }
  });

  it("refuses an id that is waited for, and a request whose id cannot be told", async () => {
    const { channel, handler, outcomes, request, respond } = setup();
    request(1);
    request(1);
    request(undefined);
    expect([channel.outboundMessages.length, handler.inFlight]).toEqual([1, 1]);
    respond(1);
    request(1);
    respond(1);
    expect(await outcomes.take()).toEqual(["1: DUPLICATE_REQUEST_ID", "undefined: no id", "1: to 1", "1: to 1"]);
  });

  it("fails with what responseId throws, and the requests wait on", async () => {
    const { channel, handler } = setup({
      responseId: () => {
        throw new Error("malformed");
      },
    });
    handler.request({ id: 1, text: "?" }).catch(() => {});
    expect(() => channel.writeInbound({ text: "!" })).toThrow("malformed");
    expect(handler.inFlight).toBe(1);
  });

  it("forgets a request that could not be written", async () => {
    const { channel, handler, outcomes, request } = setup();
    channel.pipeline.addFirst({
      write() {
        throw new Error("cannot encode");
      },
    });
    request(1);
    request(1);
    expect(await outcomes.take()).toEqual(["1: cannot encode", "1: cannot encode"]);
    expect(handler.inFlight).toBe(0);
  });

  it("fails everything that is out with one CHANNEL_CLOSED when the channel dies", async () => {
    const { channel, clock, handler, outcomes, request } = setup();
    for (const id of [1, 2]) request(id);
    channel.finish();
    expect(await outcomes.take()).toEqual(["1: CHANNEL_CLOSED", "2: CHANNEL_CLOSED"]);
    expect(new Set(outcomes.errors).size).toBe(1);
    expect([handler.inFlight, clock.pending]).toEqual([0, 0]);
  });
});
