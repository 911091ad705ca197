import { configHash } from "./config-hash.ts";
import type { GatewayConfig } from "./schema.ts";

export interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What another config would change, by the ids of its parts. */
export interface ConfigChanges {
  readonly hash: string;
  readonly isSame: boolean;
  readonly routes: Changes;
  readonly services: Changes;
  readonly identity: Changes;
  readonly roles: Changes;
  /** Other parts of the config that differ: `server`, `hub`, ... */
  readonly sections: readonly string[];
}

const named = ["routes", "services", "identity", "roles"] as const;

export function compareConfigs(before: GatewayConfig, after: GatewayConfig): ConfigChanges {
  const rest = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const section of named) rest.delete(section);
  return {
    hash: configHash(after),
    isSame: configHash(before) === configHash(after),
    routes: compare(byId(before.routes), byId(after.routes)),
    services: compare(before.services, after.services),
    identity: compare(before.identity, after.identity),
    roles: compare(before.roles, after.roles),
    sections: [...rest].filter((name) => differ(Reflect.get(before, name), Reflect.get(after, name))),
  };
}

function byId<T extends { readonly id: string }>(entries: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries.map((entry) => [entry.id, entry]));
}

function compare(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Changes {
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: Object.keys(after).filter(
      (name) => Object.hasOwn(before, name) && differ(before[name], after[name]),
    ),
  };
}

function differ(before: unknown, after: unknown): boolean {
  return (
    (before === undefined) !== (after === undefined) ||
    configHash(before ?? null) !== configHash(after ?? null)
  );
}
