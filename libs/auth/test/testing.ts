/** Fixtures for the tests of dependent packages: databases, a running instance, tokens of any shape. */
export { adminCredentials, type AuthFixture, createAuthFixture, origin } from "./auth-fixture.ts";
export { createTestKey, encode, signRaw, signToken, signWithSecret, type TestKey } from "./forge-token.ts";
export { newApiKey } from "./new-api-key.ts";
export { openSql, type TestSql } from "./open-sql.ts";
