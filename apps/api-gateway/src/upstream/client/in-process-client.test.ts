import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { HeaderList } from "../../model/http/header-list.ts";
import type { UpstreamClient, UpstreamRequest, UpstreamTarget } from "../../model/upstream/upstream.ts";
import { bytesOf, failureOf, patientTimeouts, targetOf, textOf } from "./client-test-support.ts";
import { createInProcessClient, type InProcessService } from "./in-process-client.ts";

const target = targetOf("http://127.0.0.1:3004");
const byOthers = new Error("over a socket");
const sendByOthers = (): Promise<never> => Promise.reject(byOthers);
const others: UpstreamClient = { send: sendByOthers, sendFor: sendByOthers, close: () => Promise.resolve() };

function start(service: InProcessService) {
  const client = createInProcessClient(new Map([["127.0.0.1:3004", service]]), others);
  return (
    request: Partial<UpstreamRequest> = {},
    { timeouts = patientTimeouts, signal = new AbortController().signal, at = target } = {},
  ) => {
    const headers = new HeaderList(["host", "shop.test"]);
    const whole = { method: "GET", path: "/", headers, body: null, contentLength: null, ...request };
    return client.send(at, whole, timeouts, { signal });
  };
}

/** Resolves when the service's own work on the request was told to end. */
function aborted(request: Request): Promise<void> {
  return new Promise((resolve) => request.signal.addEventListener("abort", () => resolve()));
}

test("an in-process service gets method, path, fields and body as over a socket", async () => {
  const send = start(async (request) => {
    const { method, url, headers } = request;
    const values = ["host", "x-a", "content-length"].map((name) => headers.get(name));
    const init = { status: 201, headers: { connection: "close", "x-b": "1" } };
    return Response.json([method, url, values, await request.text()], init);
  });
  const headers = new HeaderList(["host", "shop.test", "x-a", "1", "x-a", "2"]);
  const answer = await send({ method: "PUT", path: "/a%2Fb?c=d&c", headers, body: bytesOf("grüße") });
  expect(JSON.parse(await textOf(answer.body))).toEqual([
    "PUT",
    "http://shop.test/a%2Fb?c=d&c",
    ["shop.test", "1, 2", "7"],
    "grüße",
  ]);
  expect([answer.status, answer.headers.get("x-b"), answer.headers.get("connection")]).toEqual([
    201,
    "1",
    null,
  ]);
});

test("each Set-Cookie stays a field of its own, and bodiless statuses have no body", async () => {
  const headers = new Headers([
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  const send = start(({ method }) => new Response(method === "HEAD" ? null : "text", { headers }));
  expect((await send()).headers.getAll("set-cookie")).toEqual(["a=1", "b=2"]);
  expect((await send({ method: "HEAD" })).body).toBeNull();
  const empty = start(() => new Response(null, { status: 204 }));
  expect((await empty()).body).toBeNull();
});

test("other targets, other protocols and streamed bodies use a socket", async () => {
  const send = start(() => new Response("in process"));
  const over = (sending: Promise<unknown>) =>
    sending.then(
      () => "in process",
      (thrown: unknown) => thrown,
    );
  const secure: UpstreamTarget = { ...target, protocol: "https" };
  expect(await over(send({}, { at: targetOf("http://127.0.0.1:3005") }))).toBe(byOthers);
  expect(await over(send({}, { at: secure }))).toBe(byOthers);
  expect(await over(send({}, { at: { ...target, unixPath: "/tmp/s" } }))).toBe(byOthers);
  expect(await over(send({ method: "POST", body: new Blob(["a"]).stream() }))).toBe(byOthers);
  expect(await over(send({ method: "OPTIONS", path: "*" }))).toBe(byOthers);
  expect(await over(send())).toBe("in process");
});

test("a streamed response is passed on at once, and cancelled when the client disconnects", async () => {
  const leaving = new AbortController();
  const told = Promise.withResolvers<void>();
  const send = start((request) => {
    void aborted(request).then(told.resolve);
    const body = new ReadableStream({ start: (controller) => controller.enqueue(bytesOf("first")) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const { body } = await send({}, { signal: leaving.signal });
  if (!(body instanceof ReadableStream)) throw new Error("the body is no stream");
  expect(await textOf((await body.getReader().read()).value ?? null)).toBe("first");
  leaving.abort();
  await told.promise;
});

test("a service is cancelled if it does not respond in time or its client disconnects", async () => {
  const told: Promise<void>[] = [];
  const send = start((request) => {
    told.push(aborted(request));
    return new Promise(() => undefined);
  });
  const late = await failureOf(send({}, { timeouts: { ...patientTimeouts, firstByteMs: 30 } }));
  expect([late.kind, late.sent]).toEqual(["first-byte-timeout", "all"]);
  const left = await failureOf(send({}, { signal: AbortSignal.abort() }));
  expect(left.kind).toBe("aborted");
  await Promise.all(told);
});

test("a stalled stream is cut off, and a service that throws counts as a reset connection", async () => {
  const standing = start(() => new Response(new ReadableStream({})));
  const { body } = await standing({}, { timeouts: { ...patientTimeouts, idleMs: 20 } });
  expect(await textOf(body).catch((thrown: unknown) => thrown)).toMatchObject({ kind: "idle-timeout" });
  const failing = start(() => Promise.reject(new Error("oops")));
  expect((await failureOf(failing())).kind).toBe("reset");
  const upgraded = start(() => undefined);
  expect((await failureOf(upgraded())).kind).toBe("invalid-response");
});

test("a field with a line break reaches no service", async () => {
  const send = start(() => new Response("reached"));
  const headers = new HeaderList(["host", "shop.test", "x-a", "1\r\nx-user-id: eve"]);
  const refused = await send({ headers }).catch((thrown: unknown) => thrown);
  expect(refused).toBeInstanceOf(CartwayError);
});
