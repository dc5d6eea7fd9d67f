/** `npm start`: the tour, or with `--serve` its servers. Exit codes: 0 all is well, 1 it is not, 2 it cannot work. */
import { SluiceError } from "sluice";
import { HELP, type Options, parseCommandLine, UsageError } from "./command-line.js";
import { serve } from "./serve.js";
import { tour } from "./tour.js";

// Whoever reads may have seen enough: `npm start | head`.
process.stdout.on("error", () => process.exit(0));

try {
  process.exitCode = await run(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  console.error(explain(error));
  process.exitCode = isUsersToMend(error) ? 2 : 1;
}

async function run(options: Options): Promise<number> {
  switch (options.mode) {
    case "help":
      console.log(HELP);
      return 0;
    case "serve":
      await serve(options);
      return 0;
    case "tour":
      return (await tour(options)) ? 0 : 1;
  }
}

function explain(error: unknown): string {
  if (error instanceof SluiceError && error.code === "ADDRESS_IN_USE") {
    return `${error.message.split(": ")[0]}: something else listens there; choose other ports with --port`;
  }
  if (isUsersToMend(error)) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isUsersToMend(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof SluiceError && ["ADDRESS_IN_USE", "ADDRESS_UNAVAILABLE", "BIND_FAILED"].includes(error.code);
}
