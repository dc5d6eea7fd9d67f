import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An authority of our own, valid for a day. Needs openssl; for trying things out. */
export class SelfMadeCertificates {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-example-"));
  /** What a peer has to trust. */
  readonly ca: string;

  constructor() {
    this.#openssl("req", "-x509", ...NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1", "-subj", "/CN=Ours");
    this.ca = this.#read("ca.pem");
  }

  /** A certificate for a host name. */
  issue(host: string): { cert: string; key: string } {
    writeFileSync(join(this.#folder, "names"), `subjectAltName=DNS:${host}`);
    this.#openssl("req", "-new", ...NEW_KEY, "-keyout", "host.key", "-out", "host.csr", "-subj", `/CN=${host}`);
    const authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
    this.#openssl("x509", "-req", "-in", "host.csr", "-out", "host.pem", "-days", "1", ...authority);
    return { cert: this.#read("host.pem"), key: this.#read("host.key") };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.#folder, stdio: "pipe" });
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), "utf8");
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
