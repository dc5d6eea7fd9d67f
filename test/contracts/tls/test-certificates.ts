/**
 * Certificates for tests, made by openssl when they are needed: nothing in them can expire in the repository.
 *
 * ```
 *   authority ──▶ localhost   localhost, 127.0.0.1          stranger ──▶ localhost, intruder: nobody trusts it
 *            ├──▶ expired     localhost, until yesterday
 *            ├──▶ other       other.example.org
 *            ├──▶ wildcard    *.example.org
 *            └──▶ client      for clients
 * ```
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export class TestCertificates implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-tls-"));
  readonly authority = this.#authority("authority");
  readonly stranger = this.#authority("stranger");
  readonly localhost = this.issue("localhost", { names: "DNS:localhost,IP:127.0.0.1" });

  /** The reason why there can be none here. */
  static get missing(): string | undefined {
    try {
      execFileSync("openssl", ["version"], { stdio: "ignore" });
      return undefined;
    } catch {
      return "openssl is not installed";
    }
  }

  /** @param options.days How long it is valid; less than 0 for one that has expired. */
  issue(
    name: string,
    options: { names: string; days?: number; by?: TestCertificate; usage?: "serverAuth" | "clientAuth" },
  ): TestCertificate {
    const { names, days = 2, by = this.authority, usage = "serverAuth" } = options;
    const files = this.#files(name);
    const request = join(this.folder, `${name}.csr`);
    const extensions = join(this.folder, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=${usage}\nbasicConstraints=CA:FALSE\n`);
    openssl("req", "-new", ...NEW_KEY, "-keyout", files.keyFile, "-out", request, "-subj", `/CN=${name}`);
    const signing = ["-CA", by.certFile, "-CAkey", by.keyFile, "-CAcreateserial", "-extfile", extensions];
    openssl("x509", "-req", "-in", request, "-out", files.certFile, "-days", String(days), ...signing);
    return withText(files);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #authority(name: string): TestCertificate {
    const files = this.#files(name);
    const out = ["-keyout", files.keyFile, "-out", files.certFile];
    openssl("req", "-x509", "-new", ...NEW_KEY, ...out, "-days", "2", "-subj", `/CN=${name}`);
    return withText(files);
  }

  #files(name: string) {
    return { certFile: join(this.folder, `${name}.pem`), keyFile: join(this.folder, `${name}.key`) };
  }
}

function withText(files: { certFile: string; keyFile: string }): TestCertificate {
  return { ...files, cert: readFileSync(files.certFile, "utf8"), key: readFileSync(files.keyFile, "utf8") };
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe", timeout: 20_000 });
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
