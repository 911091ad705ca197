import { createTemporaryDirectory, type TemporaryDirectory } from "./temporary-directory.ts";

/** PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface LeafOptions {
  readonly commonName?: string;
  /** In openssl's syntax: `URI:spiffe://a`, `DNS:b`. */
  readonly names?: readonly string[];
  /** Further lines of openssl's extension file. */
  readonly extensions?: readonly string[];
  /** `YYYYMMDDHHMMSSZ`; valid from now for two days by default. */
  readonly from?: string;
  readonly to?: string;
}

export interface MeshAuthority extends AsyncDisposable {
  /** PEM. */
  readonly certificate: string;
  issue(options: LeafOptions): Promise<KeyPair>;
}

/** A certificate authority with elliptic-curve keys, created by the real openssl. */
export async function createMeshAuthority(name: string): Promise<MeshAuthority> {
  const directory = await createTemporaryDirectory();
  const file = (base: string): string => `${directory.path}/${base}`;
  await makeKey(file("ca.key"));
  const extensions = [
    "-addext",
    "basicConstraints=critical,CA:TRUE",
    "-addext",
    "keyUsage=critical,keyCertSign",
  ];
  await openssl([
    "req",
    "-x509",
    "-new",
    "-key",
    file("ca.key"),
    "-subj",
    `/CN=${name}`,
    "-days",
    "9",
    "-out",
    file("ca.pem"),
    ...extensions,
  ]);
  // only openssl's `ca` command can set start and end dates
  await Bun.write(file("index"), "");
  await Bun.write(file("ca.cnf"), configuration(directory));
  return {
    certificate: await Bun.file(file("ca.pem")).text(),
    issue: (options) => issue(directory, options),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function configuration({ path }: TemporaryDirectory): string {
  return `[ca]
default_ca = authority
[authority]
database = ${path}/index
new_certs_dir = ${path}
certificate = ${path}/ca.pem
private_key = ${path}/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
[anything]
commonName = optional
`;
}

async function issue({ path }: TemporaryDirectory, options: LeafOptions): Promise<KeyPair> {
  const { commonName, names = [], extensions = [], from, to } = options;
  const base = `${path}/${crypto.randomUUID()}`;
  await makeKey(`${base}.key`);
  const subject = commonName === undefined ? "/" : `/CN=${commonName}`;
  await openssl(["req", "-new", "-key", `${base}.key`, "-subj", subject, "-out", `${base}.csr`]);
  const lines = names.length === 0 ? extensions : [...extensions, `subjectAltName=${names.join(",")}`];
  await Bun.write(`${base}.ext`, `${lines.join("\n")}\n`);
  const dates = [
    ...(from === undefined ? [] : ["-startdate", from]),
    ...(to === undefined ? ["-days", "2"] : ["-enddate", to]),
  ];
  const output = ["-extfile", `${base}.ext`, "-out", `${base}.pem`, "-notext"];
  await openssl(["ca", "-batch", "-config", `${path}/ca.cnf`, "-in", `${base}.csr`, ...dates, ...output]);
  return { cert: await Bun.file(`${base}.pem`).text(), key: await Bun.file(`${base}.key`).text() };
}

async function makeKey(path: string): Promise<void> {
  await openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path]);
}

async function openssl(command: readonly string[]): Promise<void> {
  const run = Bun.spawn(["openssl", ...command], { stdout: "ignore", stderr: "pipe" });
  const errors = await new Response(run.stderr).text();
  if ((await run.exited) !== 0) throw new Error(`openssl ${command.join(" ")}: ${errors}`);
}
