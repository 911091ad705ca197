import { createTemporaryDirectory, type KeyPair } from "@libs/testing";

export interface Certificate extends KeyPair {
  /** The authority that signed it. */
  readonly ca: string;
  /** Of a client, `gateway.test`, signed by the same authority. */
  readonly client: KeyPair;
}

/** A certificate for one name or IPv4 address, from a new authority, made with openssl. PEM. */
export async function makeCertificate(name: string): Promise<Certificate> {
  await using directory = await createTemporaryDirectory();
  const file = (base: string): string => `${directory.path}/${base}`;
  const read = (base: string): Promise<string> => Bun.file(file(base)).text();
  await openssl(
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ${file("ca.key")} -out ${file("ca.pem")}`,
  );
  const sign = async (subject: string): Promise<KeyPair> => {
    const kind = /^[\d.]+$/.test(subject) ? "IP" : "DNS";
    await Bun.write(file("names"), `subjectAltName=${kind}:${subject}\n`);
    await openssl(
      `req -newkey rsa:2048 -nodes -subj /CN=${subject} -keyout ${file("key")} -out ${file("request")}`,
    );
    await openssl(
      `x509 -req -in ${file("request")} -CA ${file("ca.pem")} -CAkey ${file("ca.key")} -CAcreateserial -days 2 -extfile ${file("names")} -out ${file("pem")}`,
    );
    return { cert: await read("pem"), key: await read("key") };
  };
  return { ...(await sign(name)), client: await sign("gateway.test"), ca: await read("ca.pem") };
}

async function openssl(command: string): Promise<void> {
  const run = Bun.spawn(["openssl", ...command.split(" ")], { stdout: "ignore", stderr: "pipe" });
  if ((await run.exited) !== 0) throw new Error(await new Response(run.stderr).text());
}
