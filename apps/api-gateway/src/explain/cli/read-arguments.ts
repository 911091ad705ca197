import { parseArgs } from "node:util";
import type { LoadOptions } from "../../config/load-config.ts";
import type { AskedRequest, AssumedCaller } from "../explanation.ts";

export interface ExplainArguments {
  readonly asked: AskedRequest;
  readonly source: LoadOptions;
  readonly isJson: boolean;
  /** The admin port of a running gateway, in place of the config file. */
  readonly live: LiveGateway | null;
}

export interface LiveGateway {
  readonly url: string;
  readonly tokenFile: string;
}

export const usage = `usage: bun run explain METHOD URL [-H 'name: value']... [options]

  --config FILE      the config that is asked; gateway.yaml where not given
  --env NAME         with its overlay
  --as SUBJECT       takes the caller for SUBJECT, or SUBJECT:ROLE,ROLE, whatever credentials there are
  --tenant NAME      the tenant that the caller's identity grants, with --as
  --scope NAME       a scope that the caller has, with --as; may be repeated
  --ip ADDRESS       the address that connects; 127.0.0.1 where not given
  --json             for machines
  --live URL         asks a running gateway's admin port, such as http://127.0.0.1:3900
  --token-file FILE  the admin token that it wants`;

/** `null` where they make no sense. */
export function readArguments(args: readonly string[]): ExplainArguments | null {
  const parsed = parse(args);
  if (parsed === null) return null;
  const { values, positionals } = parsed;
  const [method, url] = positionals;
  const headers = (values.header ?? []).map(readHeader);
  if (method === undefined || url === undefined || positionals.length !== 2) return null;
  if (headers.some((header) => header === null)) return null;
  const { env, live, "token-file": tokenFile = "data/admin-token" } = values;
  const caller = values.as === undefined ? null : readCaller(values.as, values);
  return {
    asked: {
      method: method.toUpperCase(),
      url,
      headers: headers.filter((header) => header !== null),
      peerIp: values.ip ?? "127.0.0.1",
      caller,
    },
    source: { file: values.config ?? "gateway.yaml", ...(env === undefined ? {} : { environment: env }) },
    isJson: values.json === true,
    live: live === undefined ? null : { url: live.replace(/\/$/, ""), tokenFile },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        header: { type: "string", short: "H", multiple: true },
        config: { type: "string" },
        env: { type: "string" },
        as: { type: "string" },
        tenant: { type: "string" },
        scope: { type: "string", multiple: true },
        ip: { type: "string" },
        json: { type: "boolean" },
        live: { type: "string" },
        "token-file": { type: "string" },
      },
    });
  } catch (thrown) {
    // an option that there is not: the usage says which there are
    if (thrown instanceof TypeError) return null;
    throw thrown;
  }
}

function readHeader(text: string): readonly [string, string] | null {
  const colon = text.indexOf(":");
  return colon < 1 ? null : [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

function readCaller(
  text: string,
  { tenant, scope }: { readonly tenant?: string | undefined; readonly scope?: readonly string[] | undefined },
): AssumedCaller {
  const [subject = "", roles = ""] = text.split(":", 2);
  return {
    subject,
    roles: roles === "" ? [] : roles.split(","),
    scopes: scope ?? [],
    tenantId: tenant ?? null,
  };
}
