import { ipKey } from "@libs/ip";
import type { Connection } from "./connection.ts";

/** Most users have one connection: a set is created only for a second. */
type Index = Map<string, Connection | Set<Connection>>;

/** The open connections of this instance, indexed by id, address, user and login session. */
export class Connections {
  readonly #byId = new Map<string, Connection>();
  readonly #byIp = new Map<string, number>();
  readonly #byUser: Index = new Map();
  readonly #byLogin: Index = new Map();

  get size(): number {
    return this.#byId.size;
  }

  all(): Iterable<Connection> {
    return this.#byId.values();
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  /** An IPv6 /64, which a single host usually has, counts as one address. */
  countOfIp(ip: string): number {
    return this.#byIp.get(ipKey(ip)) ?? 0;
  }

  ofUser(userId: string): readonly Connection[] {
    return listOf(this.#byUser, userId);
  }

  countOfUser(userId: string): number {
    const present = this.#byUser.get(userId);
    return present instanceof Set ? present.size : Number(present !== undefined);
  }

  /** By the session of the login, key or device that authenticated them; not by the shopper's session. */
  ofLogin(sessionId: string): readonly Connection[] {
    return listOf(this.#byLogin, sessionId);
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    this.#byIp.set(ipKey(connection.ip), this.countOfIp(connection.ip) + 1);
    const { principal } = connection;
    if (principal === null) return;
    put(this.#byUser, principal.subject, connection);
    if (principal.sessionId !== null) put(this.#byLogin, principal.sessionId, connection);
  }

  remove(connection: Connection): void {
    if (!this.#byId.delete(connection.id)) return;
    const left = this.countOfIp(connection.ip) - 1;
    if (left > 0) this.#byIp.set(ipKey(connection.ip), left);
    else this.#byIp.delete(ipKey(connection.ip));
    const { principal } = connection;
    if (principal === null) return;
    take(this.#byUser, principal.subject, connection);
    if (principal.sessionId !== null) take(this.#byLogin, principal.sessionId, connection);
  }

  /** Reindexes a connection that has authenticated again. */
  renew(connection: Connection, principal: NonNullable<Connection["principal"]>): void {
    const before = connection.principal?.sessionId ?? null;
    if (before !== null) take(this.#byLogin, before, connection);
    connection.principal = principal;
    if (principal.sessionId !== null) put(this.#byLogin, principal.sessionId, connection);
  }
}

function listOf(index: Index, key: string): readonly Connection[] {
  const present = index.get(key);
  if (present === undefined) return [];
  return present instanceof Set ? [...present] : [present];
}

function put(index: Index, key: string, connection: Connection): void {
  const present = index.get(key);
  if (present === undefined) index.set(key, connection);
  else if (present instanceof Set) present.add(connection);
  else index.set(key, new Set([present, connection]));
}

function take(index: Index, key: string, connection: Connection): void {
  const present = index.get(key);
  if (present instanceof Set) {
    present.delete(connection);
    if (present.size === 0) index.delete(key);
  } else if (present === connection) {
    index.delete(key);
  }
}
