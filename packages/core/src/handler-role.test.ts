import { describe, expect, it } from "vitest";
import type { ChannelHandler } from "./channel-handler.js";
import { EVENT } from "./handler-events.js";
import { HandlerRole } from "./handler-role.js";

class Reading implements ChannelHandler {
  channelRead(): void {}
  write(): void {}
}

describe("HandlerRole", () => {
  it("are shared by the handlers of a class", () => {
    const role = HandlerRole.of(new Reading(), "a");
    expect(role.events).toBe(EVENT.channelRead | EVENT.write);
    expect(role.channelRead).toBe(Reading.prototype.channelRead);
    expect(HandlerRole.of(new Reading(), "a")).toBe(role);
  });

  it("are shared by those that leave the same events out", () => {
    const without = () => Object.assign(new Reading(), { write: undefined });
    const role = HandlerRole.of(without(), "a");
    expect(role.events).toBe(EVENT.channelRead);
    expect(HandlerRole.of(without(), "a")).toBe(role);
    expect(HandlerRole.of(new Reading(), "a").events).toBe(EVENT.channelRead | EVENT.write);
  });

  it("are an object's own if it has methods of its own", () => {
    const own = Object.assign(new Reading(), { flush: () => {} });
    expect(HandlerRole.of(own, "a")).toMatchObject({ events: EVENT.channelRead | EVENT.write | EVENT.flush });
    expect(HandlerRole.of(own, "a").flush).toBe(own.flush);
    const read = () => {};
    expect(HandlerRole.of({ read }, "a").read).toBe(read);
    expect(HandlerRole.of(Object.assign(Object.create(null) as object, { read }), "a").events).toBe(EVENT.read);
  });

  it("are looked up once for an object that many pipelines share", () => {
    const shared = { sharable: true, flush: () => {} };
    expect(HandlerRole.of(shared, "a")).toBe(HandlerRole.of(shared, "a"));
    expect(HandlerRole.of(shared, "a").flush).toBe(shared.flush);
  });

  it("have the handler's name, also when it has left", () => {
    expect(HandlerRole.of(new Reading(), "b")).toMatchObject({ name: "b", isGone: false });
    expect(HandlerRole.gone("b")).toMatchObject({ name: "b", isGone: true, events: 0 });
    expect(HandlerRole.gone("b")).toBe(HandlerRole.gone("b"));
  });

  it("are not kept for every name somebody makes up", () => {
    class Renamed extends Reading {}
    const roles = Array.from({ length: 101 }, (_, i) => HandlerRole.of(new Renamed(), `${i}`));
    expect(HandlerRole.of(new Renamed(), "99")).toBe(roles[99]);
    expect(HandlerRole.of(new Renamed(), "100")).not.toBe(roles[100]);
    expect(HandlerRole.of(new Renamed(), "100")).toEqual(roles[100]);
  });
});
