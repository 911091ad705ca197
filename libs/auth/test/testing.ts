/** For the tests of packages that use this one: databases with its tables, a running instance, tokens of any shape. */
export { adminCredentials, type AuthFixture, createAuthFixture, origin } from "./auth-fixture.ts";
export { createTestKey, encode, signRaw, signToken, signWithSecret, type TestKey } from "./forge-token.ts";
export { openSql, type TestSql } from "./open-sql.ts";
