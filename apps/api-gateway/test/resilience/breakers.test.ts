import { describe, expect, test } from "bun:test";
import { freePort, waitUntil } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];
const inARow = { failuresInARow: 3, failureRate: { ratioMax: 1 }, openMs: 50, openMsMax: 50, probes: 2 };

async function answersOf(url: string, times: number): Promise<string[]> {
  const answers: string[] = [];
  for (let time = 0; time < times; time += 1) answers.push(await (await fetch(url)).text());
  return answers;
}

describe("a service's circuit breaker", () => {
  test("opens after consecutive failures: requests get 503 with Retry-After, and the target none", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    const breaker = { service: { ...inARow, openMs: 60_000, openMsMax: 60_000 } };
    await using gateway = await startGatewayTo(failing.url, {}, { breaker });
    expect(await answersOf(gateway.url, 3)).toEqual(["no", "no", "no"]);
    const refused = await fetch(gateway.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "breaker_open"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(failing.seen.all.length).toBe(3);
    expect(await gateway.metrics.render()).toContain('cartway_upstream_breaker_open{service="api"} 1');
    expect(gateway.log.text()).toContain("a service's circuit breaker changed state");
  });

  test("opens by the failure rate once there are enough requests; 5xx and missing responses count, 4xx do not", async () => {
    let status = 404;
    await using upstream = startUpstream(() => new Response("x", { status }));
    const failureRate = { ratioMax: 0.5, windowMs: 60_000, requestsMin: 10 };
    const breaker = { service: { failureRate, openMs: 60_000, openMsMax: 60_000 } };
    await using gateway = await startGatewayTo(upstream.url, {}, { breaker });
    await answersOf(gateway.url, 6);
    status = 500;
    await answersOf(gateway.url, 6);
    expect((await fetch(gateway.url)).status).toBe(500);
    expect((await fetch(gateway.url)).status).toBe(503);
    expect(upstream.seen.all.length).toBe(13);
  });

  test("admits probes after its open time, and closes when all of them succeed", async () => {
    let status = 500;
    await using upstream = startUpstream(() => new Response("x", { status }));
    await using gateway = await startGatewayTo(upstream.url, {}, { breaker: { service: inARow } });
    await answersOf(gateway.url, 4);
    expect(upstream.seen.all.length).toBe(3);
    status = 200;
    await waitUntil(async () => (await fetch(gateway.url)).ok, { what: "a probe" });
    expect(await gateway.metrics.render()).toContain('cartway_upstream_breaker_open{service="api"} 0.5');
    expect((await fetch(gateway.url)).status).toBe(200);
    expect(await gateway.metrics.render()).toContain('cartway_upstream_breaker_open{service="api"} 0');
  });

  test("is not kept half-open by an endless response", async () => {
    let isWell = false;
    await using upstream = startUpstream(() =>
      isWell
        ? new Response(
            new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(70_000)) }),
          )
        : new Response("x", { status: 500 }),
    );
    await using gateway = await startGatewayTo(
      upstream.url,
      {},
      { breaker: { service: { ...inARow, probes: 1 } } },
    );
    await answersOf(gateway.url, 3);
    isWell = true;
    const stream = await waitUntil(async () => {
      const answer = await fetch(gateway.url);
      return answer.ok ? answer : null;
    });
    expect(await gateway.metrics.render()).toContain('cartway_upstream_breaker_open{service="api"} 0');
    await stream.body?.cancel();
  });
});

describe("a target's circuit breaker", () => {
  const breaker = { target: { ...inARow, openMs: 60_000, openMsMax: 60_000 } };

  test("directs requests to the other targets while it is open", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    await using well = startUpstream(() => new Response("yes"));
    await using gateway = await startGateway({
      services: { api: serviceAt([failing.url, well.url], { breaker }) },
      routes,
    });
    const answers = await answersOf(gateway.url, 20);
    expect(answers.filter((answer) => answer === "no").length).toBe(3);
    expect(answers.slice(6).every((answer) => answer === "yes")).toBe(true);
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_upstream_targets{service="api",state="breaker-open"} 1');
    expect(metrics).toContain(
      'cartway_upstream_breaker_changes_total{service="api",scope="target",state="open"} 1',
    );
  });

  test("gives 503 breaker_open if it is open for every target", async () => {
    await using gateway = await startGatewayTo(`http://127.0.0.1:${await freePort()}`, {}, { breaker });
    for (const _ of [1, 2, 3]) expect((await fetch(gateway.url)).status).toBe(502);
    const refused = await fetch(gateway.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "breaker_open"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
  });

  test.each(["whole", "streamed"] as const)(
    "leaves the client the %s answer that was to be retried, where no target takes the retry",
    async (form) => {
      const half = new TextEncoder().encode("busy");
      const twice = (): ReadableStream =>
        new ReadableStream({
          async start(controller) {
            controller.enqueue(half);
            await Bun.sleep(1);
            controller.enqueue(half);
            controller.close();
          },
        });
      await using failing = startUpstream(
        () => new Response(form === "whole" ? "busybusy" : twice(), { status: 503 }),
      );
      const once = { target: { ...breaker.target, failuresInARow: 1 } };
      const retry = { attemptsMax: 2, backoff: { baseMs: 1, maxMs: 1 } };
      const settings = { breaker: once, retry, inFlightMax: 1 };
      await using gateway = await startGatewayTo(failing.url, {}, settings);
      const answer = await fetch(gateway.url);
      expect([answer.status, await answer.text()]).toEqual([503, "busybusy"]);
      expect((await errorOf(await fetch(gateway.url))).code).toBe("breaker_open");
      const metrics = await gateway.metrics.render();
      expect(metrics).toContain('cartway_upstream_requests_in_flight{service="api"} 0');
      expect(metrics).not.toContain('cartway_upstream_retries_total{service="api"} 1');
    },
  );

  test("readmits the target when its probes succeed", async () => {
    let status = 500;
    await using ailing = startUpstream(() => new Response("ailing", { status }));
    await using well = startUpstream(() => new Response("well"));
    await using gateway = await startGateway({
      services: { api: serviceAt([ailing.url, well.url], { breaker: { target: inARow } }) },
      routes,
    });
    await answersOf(gateway.url, 8);
    status = 200;
    await waitUntil(async () => (await (await fetch(gateway.url)).text()) === "ailing");
    await waitUntil(async () => {
      // Requests are the probes.
      await fetch(gateway.url);
      const closed = 'cartway_upstream_breaker_changes_total{service="api",scope="target",state="closed"} 1';
      return (await gateway.metrics.render()).includes(closed);
    });
    expect(new Set(await answersOf(gateway.url, 4))).toEqual(new Set(["ailing", "well"]));
  });

  test("does not open when clients disconnect", async () => {
    await using slow = startUpstream(() => new Promise<Response>(() => undefined));
    await using gateway = await startGatewayTo(slow.url, {}, { breaker });
    for (let time = 1; time <= 5; time += 1) {
      const controller = new AbortController();
      const left = fetch(gateway.url, { signal: controller.signal }).catch(() => "left");
      await slow.seen.atLeast(time);
      controller.abort();
      expect(await left).toBe("left");
    }
    const metrics = await waitUntil(async () => {
      const text = await gateway.metrics.render();
      return text.includes('cartway_upstream_requests_in_flight{service="api"} 0') ? text : null;
    });
    expect(metrics).toContain('cartway_upstream_targets{service="api",state="available"} 1');
  });
});

describe("outlier ejection", () => {
  test("ejects a target that does not respond, and readmits it after its ejection time", async () => {
    await using well = startUpstream(() => new Response("well"));
    let refuses = true;
    await using ailing = startUpstream(() => new Response("ailing", { status: refuses ? 503 : 200 }));
    const outliers = { gatewayFailuresInARow: 2, ejectionMs: 100 };
    await using gateway = await startGateway({
      services: {
        api: serviceAt([ailing.url, well.url], {
          outliers,
          retry: { attemptsMax: 2, backoff: { baseMs: 0 } },
        }),
      },
      routes,
    });
    expect(new Set(await answersOf(gateway.url, 10))).toEqual(new Set(["well"]));
    expect(ailing.seen.all.length).toBe(2);
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_upstream_ejections_total{service="api",reason="gateway-failures"} 1');
    expect(metrics).toContain('cartway_upstream_targets{service="api",state="ejected"} 1');
    refuses = false;
    await waitUntil(async () => (await (await fetch(gateway.url)).text()) === "ailing");
    expect(gateway.log.text()).toContain("an ejected target was readmitted");
  });

  test("counts a response that is cut off in its body", async () => {
    await using well = startUpstream(() => new Response("well"));
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf");
          socket.end();
        },
      },
    });
    const outliers = { gatewayFailuresInARow: 2, ejectionMs: 60_000 };
    await using gateway = await startGateway({
      services: { api: serviceAt([`http://127.0.0.1:${server.port}`, well.url], { outliers }) },
      routes,
    });
    for (let time = 0; time < 4; time += 1)
      await fetch(gateway.url)
        .then((answer) => answer.text(), String)
        .catch(String);
    expect(await gateway.metrics.render()).toContain(
      'cartway_upstream_ejections_total{service="api",reason="gateway-failures"} 1',
    );
    expect(new Set(await answersOf(gateway.url, 6))).toEqual(new Set(["well"]));
    server.stop(true);
  });
});
