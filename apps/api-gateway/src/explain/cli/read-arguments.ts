import { readCommandLine } from "@libs/command-line";
import type { LoadOptions } from "../../config/load-config.ts";
import type { AskedRequest, AssumedCaller } from "../explanation.ts";

export interface ExplainArguments {
  readonly asked: AskedRequest;
  readonly source: LoadOptions;
  readonly isJson: boolean;
  /** The admin port of a running gateway, used instead of the config file. */
  readonly live: LiveGateway | null;
}

export interface LiveGateway {
  readonly url: string;
  readonly tokenFile: string;
}

const usage = `usage: bun run explain METHOD URL [-H 'name: value']... [options]

  --config FILE      the config that is asked; gateway.yaml where not given
  --env NAME         with its overlay
  --as SUBJECT       takes the caller for SUBJECT, or SUBJECT:ROLE,ROLE, whatever credentials there are
  --tenant NAME      the tenant that the caller's identity grants, with --as
  --scope NAME       a scope that the caller has, with --as; may be repeated
  --ip ADDRESS       the address that connects; 127.0.0.1 where not given
  --json             for machines
  --live URL         asks a running gateway's admin port, such as http://127.0.0.1:3900
  --token-file FILE  the admin token that it wants`;

/** Exits with the problem and the usage for invalid arguments, and with the usage for `--help`. */
export function readArguments(args: readonly string[]): ExplainArguments {
  const { values, positionals, refuse } = parse(args);
  const [method, url, ...more] = positionals;
  if (method === undefined || url === undefined) return refuse("METHOD and URL are asked for");
  if (more.length > 0) return refuse(`${more.join(" ")} is one too many beside METHOD and URL`);
  if (!/^(?:\/|\*$|https?:\/\/)/i.test(url)) return refuse(misreadUrl(url));
  const { env, live, "token-file": tokenFile = "data/admin-token" } = values;
  return {
    asked: {
      method: method.toUpperCase(),
      url,
      headers: (values.header ?? []).map((text) => readHeader(text) ?? refuse(`${text} is no "name: value"`)),
      peerIp: values.ip ?? "127.0.0.1",
      caller: values.as === undefined ? null : readCaller(values.as, values),
    },
    source: { file: values.config ?? "gateway.yaml", ...(env === undefined ? {} : { environment: env }) },
    isJson: values.json === true,
    live: live === undefined ? null : { url: live.replace(/\/$/, ""), tokenFile },
  };
}

function parse(args: readonly string[]) {
  return readCommandLine(usage, {
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
}

/** Without a scheme it would be explained as a malformed request, which no client sends in its place. */
function misreadUrl(url: string): string {
  const meant = `http://${url.replace(/^[a-z]+:\/\//i, "")}`;
  const hint = URL.canParse(meant) ? `; did you mean ${meant}?` : "";
  return `${url} is not a URL (expected http://HOST/PATH, https://HOST/PATH or /PATH${hint})`;
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
