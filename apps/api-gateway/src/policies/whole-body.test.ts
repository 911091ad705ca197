import { expect, test } from "bun:test";
import { readWholeBody, requireUtf8 } from "./whole-body.ts";

const request = new Request("http://shop.test/", { method: "POST" });
const { signal } = new AbortController();
const part = new TextEncoder().encode("ab");

/** Sends this many parts, one per turn, and then ends or stalls. */
function bodyOf(parts: number, ends: boolean) {
  let left = parts;
  let isCancelled = false;
  const upstreamBody = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await Bun.sleep(1);
      if (left > 0) controller.enqueue(part);
      else if (ends) controller.close();
      else await new Promise(() => undefined);
      left -= 1;
    },
    cancel: () => void (isCancelled = true),
  });
  const exchange = { request, upstreamBody, signal, bodyBytesMax: 1000, bytesIn: 0 };
  return { exchange, isCancelled: () => isCancelled };
}

test("a body is collected from any number of chunks", async () => {
  const { exchange } = bodyOf(50, true);
  expect(new TextDecoder().decode(await readWholeBody(exchange, 100, 1000))).toBe("ab".repeat(50));
});

test("the bytes read of a body count as the request's size, also where it is refused", async () => {
  const whole = bodyOf(50, true).exchange;
  await readWholeBody(whole, 100, 1000);
  expect(whole.bytesIn).toBe(100);
  const refused = bodyOf(50, true).exchange;
  await expect(readWholeBody(refused, 10, 1000)).rejects.toMatchObject({ code: "payload_too_large" });
  expect(refused.bytesIn).toBe(12);
});

test("a body that stalls is cancelled as its sender's fault", async () => {
  const { exchange, isCancelled } = bodyOf(2, false);
  const failure = expect.objectContaining({ code: "request_timeout", headers: { connection: "close" } });
  await expect(readWholeBody(exchange, 100, 20)).rejects.toEqual(failure);
  expect(isCancelled()).toBe(true);
});

test("a body is cancelled as soon as it exceeds its bound", async () => {
  const { exchange, isCancelled } = bodyOf(50, true);
  await expect(readWholeBody(exchange, 10, 1000)).rejects.toMatchObject({ code: "payload_too_large" });
  expect(isCancelled()).toBe(true);
});

test("a body above its route's limit is cancelled, whatever limit a policy has", async () => {
  const { exchange, isCancelled } = bodyOf(50, true);
  const limited = { ...exchange, bodyBytesMax: 10 };
  await expect(readWholeBody(limited, 100, 1000)).rejects.toMatchObject({ code: "payload_too_large" });
  expect(isCancelled()).toBe(true);
});

test("JSON is accepted in UTF-8 only", () => {
  const json = (parameters: string) => () => requireUtf8(`application/json${parameters}`);
  for (const parameters of [
    "",
    ";charset=utf-8",
    '; Charset="UTF-8"',
    "; v=1; charset=utf8",
    ";charset=us-ascii",
  ])
    expect(json(parameters)).not.toThrow();
  for (const parameters of [
    ";charset=utf-7",
    '; v=1; CHARSET = "hz"',
    ";charset=",
    ";charset=utf-8;charset=utf-16",
  ])
    expect(json(parameters)).toThrow();
});
