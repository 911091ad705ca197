/** A role's own permissions, and the roles it inherits from. */
export interface RoleDefinition {
  readonly permissions: readonly string[];
  readonly inherits?: readonly string[];
}

export type RoleDefinitions = Readonly<Record<string, RoleDefinition>>;

/**
 * Roles with all inherited permissions, resolved once. A permission consists of words joined by colons (`carts:read`); a trailing `*`
 * covers everything below (`carts:*`), and `*` alone everything. An undefined role grants nothing.
 */
export class RoleGraph {
  #permissions: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  /** Throws where a role inherits from itself, directly or not, or from an undefined one. */
  constructor(definitions: RoleDefinitions) {
    this.replace(definitions);
  }

  /** Replaces all roles. Throws as the constructor does, and changes nothing then. */
  replace(definitions: RoleDefinitions): void {
    const collected = new Map<string, ReadonlySet<string>>();
    for (const role of Object.keys(definitions)) collect(role, { definitions, collected, path: [] });
    this.#permissions = collected;
  }

  /** Of all defined roles, sorted. */
  get names(): readonly string[] {
    return [...this.#permissions.keys()].toSorted();
  }

  has(role: string): boolean {
    return this.#permissions.has(role);
  }

  /** Sorted and without duplicates; wildcards are not expanded. */
  permissionsOf(roles: readonly string[]): readonly string[] {
    return [...new Set(roles.flatMap((role) => [...(this.#permissions.get(role) ?? [])]))].toSorted();
  }

  allows(roles: readonly string[], permission: string): boolean {
    return roles.some((role) => {
      const granted = this.#permissions.get(role);
      return granted !== undefined && coversPermission(granted, permission);
    });
  }
}

/** Whether one of the granted permissions is this one, or a wildcard above it. */
export function coversPermission(granted: ReadonlySet<string>, permission: string): boolean {
  if (granted.has(permission) || granted.has("*")) return true;
  for (let colon = permission.lastIndexOf(":"); colon > 0; colon = permission.lastIndexOf(":", colon - 1)) {
    if (granted.has(`${permission.slice(0, colon)}:*`)) return true;
  }
  return false;
}

interface Collecting {
  readonly definitions: RoleDefinitions;
  /** Memoized: without it, diamonds of inheritance would take exponential time. */
  readonly collected: Map<string, ReadonlySet<string>>;
  readonly path: readonly string[];
}

function collect(role: string, { definitions, collected, path }: Collecting): ReadonlySet<string> {
  if (path.includes(role))
    throw new TypeError(`role ${role} inherits from itself: ${[...path, role].join(" → ")}`);
  const before = collected.get(role);
  if (before !== undefined) return before;
  const definition = Object.hasOwn(definitions, role) ? definitions[role] : undefined;
  if (definition === undefined)
    throw new TypeError(`role ${path.at(-1)} inherits from ${role}, which is not defined`);
  const permissions = new Set(definition.permissions);
  const inner = { definitions, collected, path: [...path, role] };
  for (const parent of definition.inherits ?? [])
    for (const permission of collect(parent, inner)) permissions.add(permission);
  collected.set(role, permissions);
  return permissions;
}
