import { describe, expect, it } from "vitest";
import type { ChannelHandler } from "./channel-handler.js";
import { EVENT } from "./handler-events.js";
import { HandlerMethods } from "./handler-methods.js";

class Reading implements ChannelHandler {
  channelRead(): void {}
  write(): void {}
}

describe("HandlerMethods", () => {
  it("are shared by the handlers of a class", () => {
    const methods = HandlerMethods.of(new Reading());
    expect(methods.events).toBe(EVENT.channelRead | EVENT.write);
    expect(methods.channelRead).toBe(Reading.prototype.channelRead);
    expect(HandlerMethods.of(new Reading())).toBe(methods);
  });

  it("are shared by those that leave the same events out", () => {
    const without = () => Object.assign(new Reading(), { write: undefined });
    const methods = HandlerMethods.of(without());
    expect(methods.events).toBe(EVENT.channelRead);
    expect(HandlerMethods.of(without())).toBe(methods);
    expect(HandlerMethods.of(new Reading()).events).toBe(EVENT.channelRead | EVENT.write);
  });

  it("are an object's own if it has methods of its own", () => {
    const own = Object.assign(new Reading(), { flush: () => {} });
    expect(HandlerMethods.of(own)).toMatchObject({ events: EVENT.channelRead | EVENT.write | EVENT.flush });
    expect(HandlerMethods.of(own).flush).toBe(own.flush);
    const read = () => {};
    expect(HandlerMethods.of({ read }).read).toBe(read);
    expect(HandlerMethods.of(Object.assign(Object.create(null) as object, { read })).events).toBe(EVENT.read);
  });

  it("are looked up once for an object that many pipelines share", () => {
    const shared = { sharable: true, flush: () => {} };
    expect(HandlerMethods.of(shared)).toBe(HandlerMethods.of(shared));
    expect(HandlerMethods.of(shared).flush).toBe(shared.flush);
  });
});
