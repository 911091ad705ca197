import { createTemporaryDirectory } from "@libs/testing";
import type { UpstreamTarget } from "../../src/model/upstream.ts";

export interface TlsUpstream extends AsyncDisposable {
  /** By its address; trusts nobody by itself. */
  readonly target: UpstreamTarget;
  /** The authority that signed its certificate, PEM. */
  readonly ca: string;
}

/** A service behind TLS with a certificate for that name alone, made for the moment with openssl. */
export async function startTlsUpstream(name: string): Promise<TlsUpstream> {
  await using directory = await createTemporaryDirectory();
  const file = (base: string): string => `${directory.path}/${base}`;
  await Bun.write(file("names"), `subjectAltName=DNS:${name}\n`);
  await openssl(
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ${file("ca.key")} -out ${file("ca.pem")}`,
  );
  await openssl(
    `req -newkey rsa:2048 -nodes -subj /CN=${name} -keyout ${file("key")} -out ${file("request")}`,
  );
  await openssl(
    `x509 -req -in ${file("request")} -CA ${file("ca.pem")} -CAkey ${file("ca.key")} -CAcreateserial -days 2 -extfile ${file("names")} -out ${file("pem")}`,
  );
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert: await Bun.file(file("pem")).text(), key: await Bun.file(file("key")).text() },
    fetch: () => new Response("secured"),
  });
  return {
    target: { id: `127.0.0.1:${server.port}`, protocol: "https", host: "127.0.0.1", port: server.port ?? 0 },
    ca: await Bun.file(file("ca.pem")).text(),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

async function openssl(command: string): Promise<void> {
  const run = Bun.spawn(["openssl", ...command.split(" ")], { stdout: "ignore", stderr: "pipe" });
  if ((await run.exited) !== 0) throw new Error(await new Response(run.stderr).text());
}
