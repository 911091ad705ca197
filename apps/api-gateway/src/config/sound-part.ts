import type { ConfigIssue } from "../model/config-issue.ts";
import { decodePointerKey } from "../model/json-pointer.ts";
import { isRecord } from "@libs/json";

/**
 * Stands in for an entry whose shape is wrong, so that what names it still finds it and what stands beside it can be checked.
 * Nothing can be wrong with one, and none gets in another's way.
 */
const entries: Readonly<Record<string, (key: string) => unknown>> = {
  services: () => ({ discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } }),
  identity: () => ({ type: "local" }),
  roles: () => ({ permissions: [] }),
  routes: (key) => ({
    id: `stand-in-for-route-${key}`,
    match: { path: `/stand-in-for-route-${key}` },
    policies: [{ type: "respond" }],
  }),
};

/** The same for what nobody names: without it nothing else is wrong. Certificates are told of by somebody, for all one knows. */
const whole: Readonly<Record<string, unknown>> = {
  version: 1,
  server: { trustedProxies: ["127.0.0.1"] },
  signIn: undefined,
  hub: undefined,
};

/**
 * A config with stand-ins where its shape is wrong, so that what refers to what can be told of all the rest at once. `null` where
 * too little is left to tell: a whole section that others refer to, or a word that nobody knows beside the sections.
 */
export function soundPart(config: unknown, shape: readonly ConfigIssue[]): unknown {
  if (!isRecord(config)) return null;
  const sound: Record<string, unknown> = { ...config };
  // one copy a section, however much of it is wrong
  const copies = new Map<string, object>();
  for (const { path } of shape) {
    const [, section = "", key] = path.split("/");
    const standIn = entries[section];
    if (Object.hasOwn(whole, section)) sound[section] = whole[section];
    else if (standIn === undefined || key === undefined) return null;
    else {
      const copy = copies.get(section) ?? copyOf(sound[section]);
      copies.set(section, copy);
      sound[section] = copy;
      Reflect.set(copy, decodePointerKey(key), standIn(key));
    }
  }
  return sound;
}

function copyOf(section: unknown): object {
  return Array.isArray(section) ? [...section] : { ...(section as object) };
}
