import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import {
  standIns,
  withDefaults,
  type WrittenIdentity,
} from "../../../test/support/identity/identity-fixture.ts";
import { createMeshAuthority, type LeafOptions } from "@libs/testing";
import type { Authentication } from "../../model/identity/authentication.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { Identity } from "../identity.ts";
import { PresentedCredentials } from "../presented-credentials.ts";
import { mtls } from "./mtls.ts";

const mesh = await createMeshAuthority("Mesh");
const other = await createMeshAuthority("Mesh");
const dayMs = 86_400_000;
let daysLater = 0;
afterEach(() => {
  daysLater = 0;
});
afterAll(async () => {
  await mesh[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

const api = "URI:spiffe://shop/ns/prod/api";
const config = { spiffeIds: ["spiffe://shop/ns/prod/*"], commonNames: ["legacy.shop"], roles: ["service"] };

function createIdentity(
  fields: Omit<WrittenIdentity, "type"> = {},
  authorities = mesh.certificate,
): Identity {
  const written = { type: "mtls", authorities: { file: "ca.pem" }, ...config, ...fields };
  return mtls.create("mesh", withDefaults("mesh", written).config, {
    auth: null,
    devices: null,
    ...standIns,
    now: () => Date.now() + daysLater * dayMs,
    fetch,
    readSecret: () => authorities,
    onAnswer: () => undefined,
    onFailure: () => undefined,
  });
}

const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;
const standard = (pem: string): string => `:${derOf(pem).toString("base64")}:`;

function present(header: string, { name = "client-cert", isPeerTrusted = true } = {}): PresentedCredentials {
  const headers = new Headers({ [name]: header });
  return new PresentedCredentials({ headers, query: "", tokenParameter: null, isPeerTrusted });
}

async function askWith(options: LeafOptions, authority = mesh): Promise<MaybePromise<Authentication>> {
  const { cert } = await authority.issue(options);
  return createIdentity().authenticate(present(standard(cert)));
}

describe("a client certificate", () => {
  test("authenticates by its only SPIFFE id, with the configured roles, until it expires", async () => {
    const { cert } = await mesh.issue({
      names: [api, "DNS:api.shop"],
      extensions: ["extendedKeyUsage=clientAuth"],
    });
    const identity = createIdentity();
    const answer = await identity.authenticate(present(standard(cert)));
    const { fingerprint256, validTo } = new X509Certificate(cert);
    expect(answer).toMatchObject({
      outcome: "authenticated",
      principal: {
        method: "mtls",
        subject: "spiffe://shop/ns/prod/api",
        roles: ["service"],
        expiresAt: Date.parse(validTo),
        claims: { fingerprint: fingerprint256.replaceAll(":", "").toLowerCase() },
      },
    });
    expect<Authentication | null>(identity.recall(present(standard(cert)))).toBe(answer);
    daysLater = 3;
    expect(identity.recall(present(standard(cert)))).toBe(null);
    expect(identity.authenticate(present(standard(cert)))).toMatchObject({ reason: "expired" });
  });

  test("without URIs authenticates by its common name", async () => {
    expect(await askWith({ commonName: "legacy.shop" })).toMatchObject({
      principal: { subject: "legacy.shop" },
    });
  });

  test.each([
    ["of an id that nobody named", { names: ["URI:spiffe://shop/ns/test/api"] }, "unknown_certificate"],
    ["of two ids", { names: [api, "URI:spiffe://shop/ns/prod/db"] }, "unknown_certificate"],
    [
      "of another URI and a known common name",
      { commonName: "legacy.shop", names: ["URI:https://a"] },
      "unknown_certificate",
    ],
    [
      "of a common name that begins like a known one",
      { commonName: "legacy.shop.evil" },
      "unknown_certificate",
    ],
    ["of no name", { names: ["DNS:legacy.shop"] }, "unknown_certificate"],
    [
      "of a server",
      { names: [api], extensions: ["extendedKeyUsage=serverAuth"] },
      "not_a_client_certificate",
    ],
    [
      "of an authority",
      { names: [api], extensions: ["basicConstraints=critical,CA:TRUE"] },
      "not_a_client_certificate",
    ],
    ["that has expired", { names: [api], from: "20200101000000Z", to: "20200201000000Z" }, "expired"],
    [
      "that is not valid yet",
      { names: [api], from: "20480101000000Z", to: "20480201000000Z" },
      "not_yet_valid",
    ],
  ] satisfies [string, LeafOptions, string][])("%s is refused", async (_, options, reason) => {
    const credential = "client certificate";
    expect(await askWith(options)).toEqual({ outcome: "rejected", identity: "mesh", reason, credential });
  });

  test("of another CA with the same name, or self-signed, is refused", async () => {
    expect(await askWith({ names: [api] }, other)).toMatchObject({ reason: "unknown_authority" });
    const identity = createIdentity();
    expect(identity.authenticate(present(standard(other.certificate)))).toMatchObject({
      reason: "unknown_authority",
    });
  });

  test("is refused once its CA expires, and accepted from any of several CAs", async () => {
    const { cert } = await mesh.issue({ names: [api] });
    const identity = createIdentity({}, other.certificate + mesh.certificate);
    expect(identity.authenticate(present(standard(cert)))).toMatchObject({ outcome: "authenticated" });
    daysLater = 10;
    expect(identity.authenticate(present(standard(cert)))).toMatchObject({ reason: "unknown_authority" });
  });

  test("is ignored in a header that no trusted proxy sent", async () => {
    const { cert } = await mesh.issue({ names: [api] });
    const identity = createIdentity();
    const stranger = (): PresentedCredentials => present(standard(cert), { isPeerTrusted: false });
    expect(identity.authenticate(stranger())).toEqual({ outcome: "absent" });
    expect(identity.authenticate(present(standard(cert)))).toMatchObject({ outcome: "authenticated" });
    expect(identity.recall(stranger())).toBe(null);
  });
});

describe("a proxy's certificate header", () => {
  test("is parsed in the formats of RFC 9440, nginx, Envoy and Traefik", async () => {
    const { cert } = await mesh.issue({ names: [api] });
    const escaped = encodeURIComponent(cert);
    const forms = {
      rfc9440: standard(cert),
      "escaped-pem": escaped,
      xfcc: `By=spiffe://shop/gateway;Hash=ab;Subject="CN=\\"a\\",O=b";Cert="${escaped}";URI=spiffe://shop/ns/prod/admin`,
      base64: derOf(cert).toString("base64"),
    };
    for (const [format, header] of Object.entries(forms)) {
      const identity = createIdentity({ format, header: "x-cert" });
      expect(identity.authenticate(present(header, { name: "x-cert" }))).toMatchObject({
        principal: { subject: "spiffe://shop/ns/prod/api" },
      });
    }
  });

  test("in the wrong format, or with two certificates, authenticates nobody", async () => {
    const { cert } = await mesh.issue({ names: [api] });
    const [one, escaped] = [standard(cert), encodeURIComponent(cert)];
    const wrong = {
      rfc9440: [`${one}, ${one}`, one.slice(1), "::", ":%:", `:${"A".repeat(20_000)}:`, ":AAAA:", ""],
      "escaped-pem": [escaped + escaped, "%", "abc", encodeURIComponent(`x${cert}`)],
      xfcc: [
        `Cert="${escaped}",Cert="${escaped}"`,
        `Cert="${escaped}";Cert="${escaped}"`,
        "Hash=ab;URI=spiffe://shop/ns/prod/api",
        `Cert="${escaped}`,
        "",
      ],
      base64: [one, ""],
    };
    for (const [format, headers] of Object.entries(wrong)) {
      const identity = createIdentity({ format });
      for (const header of headers)
        expect(identity.authenticate(present(header))).toMatchObject({ reason: "malformed_certificate" });
    }
  });
});

test("a CA bundle without certificates, or with one that is not a CA, is refused at load", async () => {
  const { cert } = await mesh.issue({ names: [api] });
  expect(() => createIdentity({}, "")).toThrow("no certificate");
  expect(() => createIdentity({}, cert)).toThrow("not the certificate of an authority");
});
