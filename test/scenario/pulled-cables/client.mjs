// The client's end of the cable.
import { Bootstrap, tcp } from "sluice";
import { initialise, isReady, options } from "./end.mjs";

isReady();
const { host, port } = options;
await new Bootstrap()
  .transport(tcp())
  .handler((p) => initialise(p))
  .connect({ host, port });
