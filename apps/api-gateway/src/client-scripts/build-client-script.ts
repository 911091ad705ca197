import { CartwayError } from "@libs/errors";

/** `module` is what a page imports; `global` is for a script tag and defines `Cartway`. */
export type ClientScriptKind = "module" | "global";

export interface ClientScript {
  readonly text: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** A strong validator (RFC 9110, section 8.8.3). */
  readonly etag: string;
}

const entries = {
  module: { entry: "@cartway/client", format: "esm" },
  global: { entry: "@cartway/client/script-tag", format: "iife" },
} as const satisfies Record<ClientScriptKind, unknown>;

/** The storefront client as one minified file for browsers, made from the source that this gateway was tested with. */
export async function buildClientScript(kind: ClientScriptKind): Promise<ClientScript> {
  const { entry, format } = entries[kind];
  const built = await Bun.build({
    entrypoints: [Bun.resolveSync(entry, import.meta.dir)],
    format,
    target: "browser",
    minify: true,
  });
  const [output] = built.outputs;
  if (output === undefined)
    throw new CartwayError("internal", { internal: `the client's ${kind} script was not built` });
  const text = new Uint8Array(await output.arrayBuffer());
  const hash = new Bun.CryptoHasher("sha256").update(text).digest("base64url").slice(0, 22);
  return { text, gzip: Bun.gzipSync(text, { level: 9 }), etag: hash };
}
