import { RoleGraph } from "@libs/auth";
import { identityTypes } from "../identity/registry.ts";
import type { ConfigIssue } from "../model/config-issue.ts";
import { fillDefaults } from "./fill-defaults.ts";
import { nearestWord } from "./nearest-word.ts";
import type { GatewayConfig, PolicyConfig } from "./schema.ts";
import type { ConfigSection } from "./sections.ts";
import { encodePointer, validate } from "./validate.ts";

/** `identity`, `roles`, and every place of a route that names one of them. */
export const identitySection: ConfigSection = {
  check(config) {
    return [...checkEntries(config), ...checkRoles(config), ...checkNames(config)];
  },
};

function checkEntries({ identity }: GatewayConfig): ConfigIssue[] {
  return Object.entries(identity).flatMap(([name, entry]) =>
    checkEntry(entry, `/identity/${encodePointer(name)}`),
  );
}

function checkEntry(entry: PolicyConfig, path: string): readonly ConfigIssue[] {
  const { type, ...fields } = entry;
  const registered = Object.hasOwn(identityTypes, type) ? identityTypes[type] : undefined;
  if (registered === undefined)
    return [unknown("identity type", type, Object.keys(identityTypes), `${path}/type`)];
  const filled = fillDefaults(registered.schema, fields);
  const shape = validate(registered.schema, filled, path);
  if (shape.length > 0) return shape;
  return registered.check(filled).map((issue) => ({ ...issue, path: path + issue.path }));
}

function checkRoles({ roles }: GatewayConfig): ConfigIssue[] {
  try {
    void new RoleGraph(roles);
    return [];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [
      {
        path: "/roles",
        message: error.message,
        expected: "roles that inherit from defined ones, in no circle",
      },
    ];
  }
}

/** A name that does not exist would let nobody in, or with `anonymous` everybody. */
function checkNames({ routes, identity }: GatewayConfig): ConfigIssue[] {
  const known = Object.keys(identity);
  return routes.flatMap((route, index) =>
    route.policies.flatMap((policy, at) => {
      const names: unknown = policy.type === "authenticate" ? Reflect.get(policy, "with") : [];
      if (!Array.isArray(names)) return [];
      return names.flatMap((name: unknown, place) =>
        typeof name !== "string" || known.includes(name)
          ? []
          : [unknown("identity", name, known, `/routes/${index}/policies/${at}/with/${place}`)],
      );
    }),
  );
}

function unknown(kind: string, name: string, known: readonly string[], path: string): ConfigIssue {
  const suggestion = nearestWord(name, known);
  return {
    path,
    message: `the ${kind} ${JSON.stringify(name)} does not exist`,
    expected: known.length === 0 ? `an ${kind} (none is configured)` : `one of ${known.join(", ")}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
