import { describe, expect, spyOn, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import type { HubFrame } from "../src/wire.ts";
import { startClients } from "./start-clients.ts";

const { hub, create, connected } = startClients();

describe("the connection", () => {
  test("uses a fresh credential each time, as subprotocol and never in the URL", async () => {
    let number = 0;
    const { connection } = await connected({ credential: () => ({ ticket: `t${number++}` }) });
    expect(connection.protocols).toContain("ticket.t0");
    connection.cut();
    const next = await hub.connections.next();
    expect(next.protocols).toContain("ticket.t1");
    expect(next.url).not.toContain("t1");
  });

  test("sends a fresh credential before the current one expires", async () => {
    hub.welcome({ expiresInMs: 2000 });
    const { connection } = await connected({ credential: async () => ({ token: "fresh" }) });
    const reauth = await connection.frames.find(({ type }) => type === "reauth");
    expect(reauth.payload).toEqual({ token: "fresh" });
    connection.send({ type: "reauth", payload: { expiresInMs: null } });
  });

  test("retries if the credential is unavailable, and reports it each time", async () => {
    let number = 0;
    const errors: unknown[] = [];
    const { states } = create({
      onError: (error) => errors.push(error),
      credential() {
        if (number++ < 2) throw new Error("no network");
        return null;
      },
    });
    await states.find((state) => state.connection.status === "open");
    expect(number).toBe(3);
    expect(errors.map(String)).toEqual(["Error: no network", "Error: no network"]);
    await hub.connections.next();
  });

  test("gives up a credential that never comes, and asks again", async () => {
    const timers = spyOn(globalThis, "setTimeout");
    let asked = 0;
    const { states } = create({
      credential: () => (asked++ === 0 ? new Promise<null>(() => undefined) : null),
    });
    await states.find((state) => state.connection.status === "connecting");
    const [timeUp] = timers.mock.calls.findLast(([, ms]) => ms === 10_000) ?? [];
    timers.mockRestore();
    timeUp?.();
    await states.find((state) => state.connection.status === "open");
    expect(asked).toBe(2);
    await hub.connections.next();
  });

  test("sends a heartbeat after a silence, and stays open if it is answered", async () => {
    hub.welcome({ heartbeatMs: 10 });
    const { connection, states } = await connected();
    await connection.frames.find(({ type }) => type === "heartbeat");
    connection.send({ type: "heartbeat" });
    await connection.frames.atLeast(2);
    expect(states.all.at(-1)?.connection.status).toBe("open");
  });

  test("reconnects after 3001 no earlier than the hint, and stays closed after 3507 with the reason", async () => {
    const { connection, states } = await connected();
    const toldAt = Date.now();
    connection.send({ type: "reconnect", payload: { afterMs: 30 } });
    connection.close(3001, "shutdown");
    const waiting = await states.find((state) => state.connection.status === "waiting");
    if (waiting.connection.status !== "waiting") throw new Error("narrowing");
    expect(waiting.connection.until).toBeGreaterThanOrEqual(toldAt + 30);
    const next = await hub.connections.next();
    next.close(3507, "revoked");
    const closed = await states.find((state) => state.connection.status === "closed");
    expect(closed.connection).toEqual({ status: "closed", code: 3507, reason: "revoked" });
  });

  test("reports while it waits why the hub closed it, until it is open again", async () => {
    const { connection, states } = await connected();
    connection.close(3008, "slow");
    const waiting = await states.find((state) => state.connection.status === "waiting");
    expect(waiting.connection).toMatchObject({ reason: "slow" });
    (await hub.connections.next()).cut();
    const again = await states.find((state) => state !== waiting && state.connection.status === "waiting");
    expect(again.connection).toMatchObject({ reason: "" });
  });

  test.each([
    [401, { error: { message: "The token is not valid." } }, "401 The token is not valid."],
    [502, null, "502"],
  ])("reports while it waits why it was refused: %s", async (status, envelope, reason) => {
    await using refusing = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        envelope === null ? new Response("a proxy's page", { status }) : Response.json(envelope, { status }),
    });
    const { states } = create({ url: `ws://127.0.0.1:${refusing.port}/ws` });
    const told = await states.find(
      ({ connection }) => connection.status === "waiting" && connection.reason !== "",
    );
    expect(told.connection).toMatchObject({ reason });
  });

  test("passes frames of the user's own channel to the page, and ignores anything that is not a frame", async () => {
    const frames = createEventLog<HubFrame>();
    const { connection } = await connected({ onFrame: frames.push });
    connection.send([1]);
    connection.send({ type: "offer", payload: { percent: 5 } });
    expect(await frames.next()).toEqual({ type: "offer", payload: { percent: 5 } });
  });
});
