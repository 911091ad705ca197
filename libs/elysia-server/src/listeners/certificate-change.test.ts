import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, describe, expect, test } from "bun:test";
import { createMeshAuthority, waitUntil } from "@libs/testing";
import { ownConnections } from "../../test/own-ports.ts";
import type { TlsSettings } from "../tls-settings.ts";
import { shownTo, startTlsServer, tlsWith, withNames } from "../../test/start-tls-server.ts";

const authority = await createMeshAuthority("Clients and servers");
const ca = authority.certificate;
const issue = async (commonName: string) =>
  withNames(await authority.issue({ commonName, names: ["DNS:shop.test"] }), "shop.test");
const [before, after] = [await issue("before"), await issue("after")];
const clientCertificates = { authorities: ca, required: false };
afterAll(() => authority[Symbol.asyncDispose]());

/** The name that is shown to a client which connects before the change and says hello after it, or that it was cut. */
async function shownAcross(tls: TlsSettings): Promise<string> {
  await using started = await startTlsServer({ ...tls, certificates: [before] });
  const socket = connect({ host: "127.0.0.1", port: started.port });
  const cut = new Promise<string>((resolve) => {
    socket.on("error", () => undefined);
    socket.once("close", () => resolve("cut"));
  });
  await waitUntil(() => ownConnections(started.port) === 1, { what: "the connection to be accepted" });
  started.server.replaceTls({ ...tls, certificates: [after] });
  expect(await shownTo(started.port, ca, "shop.test")).toBe("after");
  const options = { socket, ca, servername: "shop.test", checkServerIdentity: () => undefined };
  const shown = new Promise<string>((resolve) => {
    const secured = connectTls(options, () => resolve(String(secured.getPeerCertificate().subject.CN)));
    secured.on("error", () => undefined);
  });
  const outcome = await Promise.race([cut, shown]);
  socket.destroy();
  return outcome;
}

describe.skipIf(process.platform !== "linux")("a client in a handshake while certificates change", () => {
  test.each([
    ["", {}],
    [", also where it is asked for one of its own", { clientCertificates }],
  ])("completes it with the new one%s", async (_where, tls) => {
    expect(await shownAcross(tlsWith([], tls))).toBe("after");
  });
});
