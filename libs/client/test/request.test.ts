import { describe, expect, test } from "bun:test";
import { startClients } from "./start-clients.ts";

const { hub, connected } = startClients();

describe("request", () => {
  test("resolves with the reply that preceded the ack", async () => {
    const { client, connection } = await connected();
    const asked = client.request("prediction_request", { cartId: "c" });
    const { id } = await connection.frames.next();
    connection.send({ type: "prediction", id, payload: { probability: 0.5 } });
    connection.send({ type: "ack", id });
    expect(await asked).toEqual({ probability: 0.5 });
  });

  test("is repeated after a lost connection", async () => {
    const { client, connection } = await connected();
    const asked = client.request("prediction_request", {});
    const { id } = await connection.frames.next();
    connection.cut();
    const next = await hub.connections.next();
    expect((await next.frames.next()).id).toBe(id);
    next.send({ type: "ack", id });
    expect(await asked).toBeUndefined();
  });

  test("rejects with the hub's error, or on timeout", async () => {
    const { client, connection } = await connected();
    const asked = client.request("prediction_request", {});
    const { id } = await connection.frames.next();
    connection.send({ type: "error", id, error: { code: "no_target", message: "", retryable: true } });
    expect(asked).rejects.toMatchObject({ code: "no_target" });
    expect(client.request("prediction_request", {}, { timeoutMs: 5 })).rejects.toMatchObject({
      code: "timeout",
    });
    await Bun.sleep(10);
  });
});
