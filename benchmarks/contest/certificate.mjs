// A certificate for the servers that speak TLS, made once by openssl.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { cached } from "./cache.mjs";

const REQUEST = [
  "req",
  "-x509",
  "-newkey",
  "ec",
  "-pkeyopt",
  "ec_paramgen_curve:prime256v1",
  "-nodes",
  "-days",
  "3650",
];

/** @returns {{ cert: string, key: string } | undefined} the paths of both; nothing where there is no openssl */
export function certificate() {
  try {
    const folder = cached("certificate", REQUEST, (fresh) =>
      execFileSync(
        "openssl",
        [...REQUEST, "-subj", "/CN=localhost", "-out", join(fresh, "cert.pem"), "-keyout", join(fresh, "key.pem")],
        { stdio: "pipe" },
      ),
    );
    return { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  } catch {
    return undefined;
  }
}
