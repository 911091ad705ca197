import { expect, test } from "bun:test";
import { readUsers, type UserSources } from "./read-users.ts";

const bcrypt = `$2y$05$${"a".repeat(53)}`;
const argon = `$argon2id$v=19$m=19456,t=2,p=1$${"a".repeat(43)}$${"b".repeat(43)}`;
const common = { roles: ["staff"], scopes: [] };
const granted = (hash: string | null, extra: object = {}) => ({
  hash,
  roles: [],
  scopes: [],
  tenant: null,
  ...extra,
});
const read = (htpasswd: string | null, users: UserSources["users"] = {}) =>
  readUsers({ htpasswd, users, common });

test("htpasswd lines are parsed, with comments, blank lines, CRLF and a third field", () => {
  const users = read(`# staff\r\n\r\nada:${bcrypt}\r\nbob:${argon}:Bob of the till\n`);
  expect([...users.keys()]).toEqual(["ada", "bob"]);
  expect(users.get("bob")).toEqual({ hash: argon, roles: ["staff"], scopes: [], tenant: null });
});

test("the config grants roles to htpasswd users, and adds users of its own", () => {
  const users = read(`ada:${bcrypt}`, {
    ada: granted(null, { roles: ["admin"], tenant: "acme" }),
    eve: granted(argon, { scopes: ["read"] }),
  });
  expect(users.get("ada")).toEqual({ hash: bcrypt, roles: ["staff", "admin"], scopes: [], tenant: "acme" });
  expect(users.get("eve")).toEqual({ hash: argon, roles: ["staff"], scopes: ["read"], tenant: null });
});

const secret = "$apr1$salt$secrethash";
test.each<[string, string | null, UserSources["users"], string]>([
  ["nobody in it", "# none\n", {}, "htpasswd contains no user"],
  ["MD5", `ada:${secret}`, {}, "line 1 of htpasswd: no hash by bcrypt or Argon2"],
  ["SHA-1", "ada:{SHA}secret", {}, "line 1 of htpasswd: no hash"],
  ["a password", "\nada:secret", {}, "line 2 of htpasswd: no hash"],
  [
    "a hash of another user of the config",
    `ada:${bcrypt}`,
    { eve: granted(secret) },
    "the user eve: no hash",
  ],
  ["a line without a hash", "secret", {}, "line 1 of htpasswd is not NAME:HASH"],
  ["a line without a name", `:${bcrypt}`, {}, "line 1 of htpasswd is not NAME:HASH"],
  ["a name twice", `ada:${bcrypt}\nada:${argon}`, {}, "line 2 of htpasswd repeats a user"],
  ["two hashes of one", `ada:${bcrypt}`, { ada: granted(argon) }, "the user ada has two hashes"],
  ["a grant to nobody", `ada:${bcrypt}`, { eve: granted(null) }, "the user eve is not in htpasswd"],
  ["bcrypt of hours", `ada:$2y$31$${"a".repeat(53)}`, {}, "whose cost is not 4 to 16"],
  ["Argon2 of all memory", `ada:${argon.replace("19456", "9999999")}`, {}, "takes more than 1048576 KiB"],
])("%s is refused with its position and without its content", (_name, htpasswd, users, message) => {
  expect(() => read(htpasswd, users)).toThrow(message);
  expect(() => read(htpasswd, users)).not.toThrow("secret");
});
