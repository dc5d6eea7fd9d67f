import { expect, it } from "vitest";
import { ClientSessions } from "./client-sessions.js";

const session = (name: string) => Buffer.from(name);

it("keeps the sessions used last", () => {
  const sessions = new ClientSessions(2);
  sessions.set("a", session("a"));
  sessions.set("b", session("b"));
  sessions.get("a");
  sessions.set("c", session("c"));
  expect(["a", "b", "c"].map((server) => sessions.get(server)?.toString())).toEqual(["a", undefined, "c"]);
  expect(sessions.size).toBe(2);
});

it("replaces, forgets one, and all", () => {
  const sessions = new ClientSessions(2);
  sessions.set("a", session("old"));
  sessions.set("a", session("new"));
  expect(sessions.get("a")?.toString()).toBe("new");
  sessions.delete("a");
  expect(sessions.get("a")).toBeUndefined();
  sessions.set("a", session("a"));
  sessions.clear();
  expect(sessions.size).toBe(0);
});

it("keeps none if told so", () => {
  const sessions = new ClientSessions(0);
  sessions.set("a", session("a"));
  expect(sessions.get("a")).toBeUndefined();
});
