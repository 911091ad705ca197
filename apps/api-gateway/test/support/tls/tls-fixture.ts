import { join } from "node:path";
import {
  createMeshAuthority,
  createTemporaryDirectory,
  type KeyPair,
  type MeshAuthority,
} from "@libs/testing";
import { serviceAt } from "../start-gateway.ts";
import { startUpstream } from "../upstreams/start-upstream.ts";

/** A certificate on disk, as the config names it. */
export interface CertificateFiles {
  readonly cert: { readonly file: string };
  readonly key: { readonly file: string };
}

export interface TlsFixture extends AsyncDisposable {
  readonly directory: string;
  readonly authority: MeshAuthority;
  /** PEM, and the file of it. */
  readonly ca: string;
  readonly authorities: { readonly file: string };
  readonly shop: CertificateFiles;
  readonly api: CertificateFiles;
  /** `spiffe://shop/ns/prod/api` */
  readonly machine: KeyPair;
  /** For `fetch` and `WebSocket`. */
  readonly secured: { readonly tls: { readonly ca: string } };
  readonly certificateFiles: (name: string, commonName?: string) => Promise<CertificateFiles>;
  /** One route to a service that answers with the headers that it saw, and what else the config is to have. */
  readonly configWith: (tls: object, more?: MoreConfig) => TlsConfigs;
}

interface MoreConfig {
  readonly server?: object;
  readonly routes?: readonly object[];
  readonly identity?: object;
  readonly hub?: object;
}

interface TlsConfigs {
  readonly server: object;
  readonly services: Readonly<Record<string, object>>;
  readonly routes: readonly object[];
}

/** Certificates of a test authority for gateways and their clients. */
export async function createTlsFixture(): Promise<TlsFixture> {
  const temporary = await createTemporaryDirectory();
  const directory = temporary.path;
  const authority = await createMeshAuthority("Shops");
  const ca = authority.certificate;
  const upstream = startUpstream((request) => Response.json(Object.fromEntries(request.headers)));
  const authorities = { file: join(directory, "ca.pem") };
  await Bun.write(authorities.file, ca);

  async function certificateFiles(name: string, commonName = name): Promise<CertificateFiles> {
    const pair = await authority.issue({ commonName, names: [`DNS:${name}`, "IP:127.0.0.1"] });
    const cert = { file: join(directory, `${name}.pem`) };
    const key = { file: join(directory, `${name}.key`) };
    await Bun.write(cert.file, pair.cert);
    await Bun.write(key.file, pair.key);
    return { cert, key };
  }

  const shop = await certificateFiles("shop.test");
  const api = await certificateFiles("api.test");
  return {
    directory,
    authority,
    ca,
    authorities,
    shop,
    api,
    machine: await authority.issue({ names: ["URI:spiffe://shop/ns/prod/api"] }),
    secured: { tls: { ca } },
    certificateFiles,
    configWith: (tls, { server = {}, routes = [], ...rest } = {}) => ({
      server: { tls: { certificates: [shop, api], ...tls }, ...server },
      services: { api: serviceAt(upstream.url) },
      routes: [...routes, { id: "all", match: { path: "/*" }, service: "api" }],
      ...rest,
    }),
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      await authority[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
