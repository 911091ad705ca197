import { secretsIn } from "../sharing/secrets-in.ts";
import { SharedPool } from "../sharing/shared-pool.ts";
import type { Identity, IdentityDeps } from "./identity.ts";
import { identityTypes } from "./registry.ts";

/** An entry under `identity:`, checked, with its defaults. */
export interface IdentityEntry {
  readonly name: string;
  readonly type: string;
  readonly config: unknown;
}

export interface PooledIdentity {
  readonly identity: Identity;
  /** Its settings and a digest of its secrets. */
  readonly key: string;
  /** The last release disposes of the identity. */
  readonly release: () => void;
}

/**
 * Identities outlive snapshots: a reload with the same entry and secrets keeps its keys and caches, so that a config can be changed
 * while an identity server is unavailable.
 */
export class IdentityPool {
  readonly #deps: IdentityDeps;
  readonly #pool = new SharedPool<Identity>((identity) => identity.dispose?.());

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** Throws for an unknown type, a missing secret, or a missing dependency of the type. */
  acquire(entry: IdentityEntry): PooledIdentity {
    const secrets = secretsIn(entry.config, this.#deps.readSecret);
    const key = JSON.stringify([entry, secrets]);
    const { value, release } = this.#pool.acquire(key, () => this.#create(entry));
    return { identity: value, key, release };
  }

  #create({ name, type, config }: IdentityEntry): Identity {
    const registered = Object.hasOwn(identityTypes, type) ? identityTypes[type] : undefined;
    if (registered === undefined) throw new TypeError(`there is no identity type ${type}`);
    return registered.create(name, config, this.#deps);
  }
}
