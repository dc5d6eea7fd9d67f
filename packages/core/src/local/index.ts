/** Channels inside one process: what a server and its clients are made of when no network lies between them. */
export { local } from "./local-transport.js";
