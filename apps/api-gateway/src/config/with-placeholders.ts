import type { ConfigIssue } from "../model/config/config-issue.ts";
import { decodePointerKey } from "../model/config/json-pointer.ts";
import { isRecord } from "@libs/json";

/**
 * Replaces an entry whose shape is wrong, so that references to it still resolve and the rest of its section can be checked.
 * A placeholder is always valid and conflicts with no other entry.
 */
const entryPlaceholders: Readonly<Record<string, (key: string) => unknown>> = {
  services: () => ({ discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } }),
  identity: () => ({ type: "local" }),
  roles: () => ({ permissions: [] }),
  routes: (key) => ({
    id: `placeholder-route-${key}`,
    match: { path: `/placeholder-route-${key}` },
    policies: [{ type: "respond" }],
  }),
};

/**
 * The same for whole sections that nothing refers to by name. `server` trusts a proxy, so that identities which read a proxy's
 * client-certificate header raise no issue of their own.
 */
const sectionPlaceholders: Readonly<Record<string, unknown>> = {
  version: 1,
  server: { trustedProxies: ["127.0.0.1"] },
  signIn: undefined,
  hub: undefined,
};

/**
 * The config with placeholders where its shape is wrong, so that references between the valid parts can be checked in the same run.
 * `null` where too little is left to check: a section that others refer to is wrong as a whole, or a top-level key is unknown.
 */
export function withPlaceholders(config: unknown, shapeIssues: readonly ConfigIssue[]): unknown {
  if (!isRecord(config)) return null;
  const patched: Record<string, unknown> = { ...config };
  // one copy per section, however many of its entries are wrong
  const copies = new Map<string, object>();
  for (const { path } of shapeIssues) {
    const [, section = "", key] = path.split("/");
    const placeholder = entryPlaceholders[section];
    if (Object.hasOwn(sectionPlaceholders, section)) patched[section] = sectionPlaceholders[section];
    else if (placeholder === undefined || key === undefined) return null;
    else {
      const copy = copies.get(section) ?? copyOf(patched[section]);
      copies.set(section, copy);
      patched[section] = copy;
      Reflect.set(copy, decodePointerKey(key), placeholder(key));
    }
  }
  return patched;
}

function copyOf(section: unknown): object {
  return Array.isArray(section) ? [...section] : { ...(section as object) };
}
