import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { startGateway } from "../support/start-gateway.ts";
import { startTracedGateway } from "../support/start-traced-gateway.ts";
import { connect } from "./hub-client.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";
const headers = { traceparent: `00-${traceId}-${callerSpan}-01`, "x-request-id": "request-0001" };
const config = {
  server: { accessLog: { sampleRatio: 1 } },
  hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] },
};

interface Case {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the error that it is answered with. */
  readonly code?: string;
  readonly ask: (url: string) => Promise<Response | null>;
}

const post = (url: string, body: string): Promise<Response> => fetch(url, { method: "POST", body, headers });

const cases: readonly Case[] = [
  {
    name: "an event stream that opens",
    method: "GET",
    path: "/ws/sse",
    status: 200,
    async ask(url) {
      const response = await fetch(`${url}/ws/sse?token=s3cr3t`, { headers });
      await response.body?.cancel();
      return response;
    },
  },
  {
    name: "a poll",
    method: "POST",
    path: "/ws/poll",
    status: 200,
    ask: (url) => post(`${url}/ws/poll`, '{"type":"heartbeat"}'),
  },
  {
    name: "frames of nobody",
    method: "POST",
    path: "/ws/send",
    status: 400,
    code: "bad_request",
    ask: (url) => post(`${url}/ws/send`, "{}"),
  },
  {
    name: "a publication where nobody may publish",
    method: "POST",
    path: "/hub/publish",
    status: 404,
    code: "not_found",
    ask: (url) => post(`${url}/hub/publish`, "{}"),
  },
  {
    name: "an upgrade",
    method: "GET",
    path: "/ws",
    status: 101,
    async ask(url) {
      const client = await connect(`${url.replace("http", "ws")}/ws`, { headers });
      await client.close();
      return null;
    },
  },
  {
    name: "what is no upgrade",
    method: "GET",
    path: "/ws",
    status: 426,
    code: "upgrade_required",
    ask: (url) => fetch(`${url}/ws`, { headers }),
  },
];

test.each(cases)(
  "$name has an access log line, without query and with its error code",
  async ({ method, path, status, code, ask }) => {
    await using gateway = await startGateway(config);
    await ask(gateway.url);
    const lines = () => gateway.log.lines.filter((line) => line["path"] === path);
    await waitUntil(() => lines().length > 0, { what: "a line of the access log" });
    expect(lines()).toMatchObject([
      {
        requestId: "request-0001",
        traceId,
        method,
        route: path,
        status,
        clientIp: "127.0.0.1",
        ended: code === undefined ? "own_endpoint" : "refused",
        ...(code === undefined ? {} : { code }),
      },
    ]);
    expect(gateway.log.text()).not.toContain("s3cr3t");
  },
);

test.each(cases)(
  "$name has a span that is a child of its caller's",
  async ({ method, path, status, ask }) => {
    await using traced = await startTracedGateway(config);
    const response = await ask(traced.gateway.url);
    const spans = await traced.finish();
    const [span] = spans.filter(({ kind }) => kind === "server");
    expect(span).toMatchObject({
      name: `${method} ${path}`,
      traceId,
      parentSpanId: callerSpan,
      attributes: { "http.route": path, "http.response.status_code": status, "url.path": path },
    });
    if (response !== null)
      expect(response.headers.get("traceparent")).toBe(`00-${traceId}-${span?.spanId}-01`);
  },
);
