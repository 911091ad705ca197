import { findHashFault } from "./password-hash.ts";

export interface BasicUser {
  readonly hash: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string | null;
}

/** A user of the config. */
export interface GrantedUser {
  /** `null` if it is in `htpasswd`. */
  readonly hash: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string | null;
}

export interface UserSources {
  /** The text of an htpasswd file, `null` where there is none. */
  readonly htpasswd: string | null;
  readonly users: Readonly<Record<string, GrantedUser>>;
  /** What every user has. */
  readonly common: Pick<BasicUser, "roles" | "scopes">;
}

/** All users by name. @throws TypeError for one without a usable hash, or with two. Names the place, never the content. */
export function readUsers({ htpasswd, users, common }: UserSources): ReadonlyMap<string, BasicUser> {
  const hashes = htpasswd === null ? new Map<string, string>() : readHtpasswd(htpasswd);
  const known = new Map<string, BasicUser>();
  for (const [name, hash] of hashes) known.set(name, { hash, ...common, tenant: null });
  for (const [written, { hash: own, roles, scopes, tenant }] of Object.entries(users)) {
    const name = written.normalize("NFC");
    const listed = hashes.get(name);
    if (own !== null && listed !== undefined) throw new TypeError(`the user ${name} has two hashes`);
    const hash = own ?? listed;
    if (hash === undefined) throw new TypeError(`the user ${name} is not in htpasswd`);
    requireHash(hash, `the user ${name}`);
    known.set(name, {
      hash,
      roles: [...common.roles, ...roles],
      scopes: [...common.scopes, ...scopes],
      tenant,
    });
  }
  if (known.size === 0) throw new TypeError("htpasswd contains no user");
  return known;
}

/** Parses lines `NAME:HASH` as `htpasswd -B` writes them; text after a second colon is a comment, as in Apache. */
function readHtpasswd(text: string): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const place = `line ${index + 1} of htpasswd`;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [written = "", hash = ""] = line.trim().split(":");
    const name = written.normalize("NFC");
    if (name === "" || hash === "") throw new TypeError(`${place} is not NAME:HASH`);
    if (hashes.has(name)) throw new TypeError(`${place} repeats a user`);
    requireHash(hash, place);
    hashes.set(name, hash);
  }
  return hashes;
}

function requireHash(hash: string, place: string): void {
  const fault = findHashFault(hash);
  if (fault !== null) throw new TypeError(`${place}: ${fault}`);
}
