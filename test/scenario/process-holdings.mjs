// What this process holds of the system and of the clock: for scenarios that ask whether anything is left.
import process from "node:process";
import { systemClock } from "sluice";

export function holdings() {
  const resources = process.getActiveResourcesInfo();
  const count = (name) => resources.filter((resource) => resource === name).length;
  return { sockets: count("TCPSocketWrap"), hostTimers: count("Timeout"), timeouts: systemClock.pending };
}
