import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { openSocket, type SocketClient } from "./support/socket-client.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

let running: TestPlatform;
let token: string;

beforeAll(async () => {
  running = await startTestPlatform({ recovery: null });
  const login = await fetch(`${running.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(running.admin),
  });
  token = ((await login.json()) as { accessToken: string }).accessToken;
}, openingLimitMs);

afterAll(() => running.stop());

const opened = (): Promise<SocketClient> => openSocket(`${running.url.replace("http", "ws")}/ws`);
const good = { type: "cart_event", id: "good", sessionId: "s-good", payload: { type: "view_page" } };

describe("an invalid frame gets a clear error, and the connection stays open", () => {
  const cases: [string, string, string][] = [
    ["malformed JSON", "{", "invalid_json"],
    ["something that is no object", "[]", "bad_request"],
    ["an unknown type", '{"type":"dance","id":"x"}', "unknown_message_type"],
    [
      "a prototype-polluting key",
      '{"type":"cart_event","id":"x","payload":{"__proto__":{"admin":true}}}',
      "invalid_json",
    ],
  ];
  for (const [name, text, code] of cases) {
    test(name, async () => {
      const socket = await opened();
      socket.send(text);
      const answer = await socket.frames.find((frame) => frame.type === "error");
      expect(answer.error).toMatchObject({ retryable: false });
      expect([code, "bad_request", "validation_failed"]).toContain(answer.error?.code ?? "");
      expect(await socket.ask(good)).toMatchObject({ type: "ack" });
      socket.close();
    });
  }

  test("also if an event has invalid fields, which are named", async () => {
    const socket = await opened();
    const answer = await socket.ask({
      type: "cart_event",
      id: "wrong",
      sessionId: "s",
      payload: { type: "view_page", page: { kind: 7 } },
    });
    expect(answer).toMatchObject({
      type: "error",
      error: { code: "validation_failed", message: expect.stringContaining("/page/kind") },
    });
    socket.close();
  });
});

describe("an unreadable frame closes the connection with its documented code", () => {
  test("if it exceeds a mebibyte: 1009", async () => {
    const socket = await opened();
    socket.send(JSON.stringify({ ...good, payload: { padding: "x".repeat(1_048_576) } }));
    expect((await socket.closed).code).toBeOneOf([1009, 1006]);
  });
  test("if it is binary instead of text", async () => {
    const socket = await opened();
    socket.send(new Uint8Array([0xff, 0xfe]));
    const outcome = await Promise.race([
      socket.closed,
      socket.frames.find((frame) => frame.type === "error"),
    ]);
    expect(outcome).toBeDefined();
    socket.close();
  });
});

describe("an invalid body over HTTP gets a clear error in the envelope", () => {
  const cases: [string, string | Uint8Array<ArrayBuffer>, number, string][] = [
    ["malformed JSON", "{", 400, "invalid_json"],
    ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0x22]), 400, "invalid_json"],
    ["a prototype-polluting key", '{"constructor":{"prototype":{}}}', 400, "invalid_json"],
    ["a million elements", `[${"1,".repeat(1_000_000)}1]`, 413, "payload_too_large"],
    ["an unknown type", '{"type":"dance","id":"x","sessionId":"s"}', 422, "validation_failed"],
  ];
  for (const [name, body, status, code] of cases) {
    test(name, async () => {
      const response = await fetch(`${running.url}/api/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body,
      });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({
        error: { code, message: expect.any(String), requestId: expect.any(String) },
      });
    });
  }

  test("and without a token 401 with instructions", async () => {
    const response = await fetch(`${running.url}/api/events`, { method: "POST", body: "{}" });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
  });
});
