import { describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];

describe("targets of a service", () => {
  test("are picked in turn, in proportion to their weights", async () => {
    await using heavy = startUpstream(() => new Response("heavy"));
    await using light = startUpstream(() => new Response("light"));
    const targets = [{ url: heavy.url, weight: 3 }, light.url];
    await using gateway = await startGateway({ services: { api: serviceAt(targets) }, routes });
    const answers: string[] = [];
    for (let asked = 0; asked < 8; asked += 1) answers.push(await (await fetch(gateway.url)).text());
    expect(answers.filter((answer) => answer === "heavy").length).toBe(6);
    expect(answers.join(" ")).not.toContain("heavy heavy heavy heavy");
  });

  test("with weight 0 get no requests", async () => {
    await using off = startUpstream();
    await using on = startUpstream();
    const targets = [{ url: off.url, weight: 0 }, on.url];
    await using gateway = await startGateway({ services: { api: serviceAt(targets) }, routes });
    for (const _ of [1, 2, 3]) await fetch(gateway.url);
    expect([off.seen.all.length, on.seen.all.length]).toEqual([0, 3]);
  });

  test("under least-in-flight, the idle one of two is picked while the other is busy", async () => {
    const gate = Promise.withResolvers<void>();
    const handle = async (request: Request, own: string): Promise<Response> => {
      if (request.url.endsWith("/wait")) await gate.promise;
      return new Response(own);
    };
    await using a = startUpstream((request) => handle(request, "a"));
    await using b = startUpstream((request) => handle(request, "b"));
    const balancer = { type: "least-in-flight" };
    await using gateway = await startGateway({
      services: { api: serviceAt([a.url, b.url], { balancer }) },
      routes,
    });
    const busy = fetch(`${gateway.url}/wait`);
    await Promise.race([a.seen.next(), b.seen.next()]);
    const answers: string[] = [];
    for (let asked = 0; asked < 6; asked += 1) answers.push(await (await fetch(gateway.url)).text());
    gate.resolve();
    const other = (await (await busy).text()) === "a" ? "b" : "a";
    expect(new Set(answers)).toEqual(new Set([other]));
  });

  test("outside the subset of a process get no requests and no health checks, and it keeps its subset over a reload", async () => {
    const upstreams = Array.from({ length: 8 }, () => startUpstream());
    const health = { path: "/healthz", intervalMs: 20 };
    const configWith = (slowStartMs: number): object => ({
      services: {
        api: serviceAt(
          upstreams.map(({ url }) => url),
          { subsetSize: 2, health, slowStartMs },
        ),
      },
      routes,
    });
    const reached = (): number[] =>
      upstreams.flatMap(({ seen }, index) => (seen.all.length > 0 ? [index] : []));
    try {
      await using gateway = await startGateway(configWith(0));
      for (let asked = 0; asked < 20; asked += 1) await fetch(gateway.url);
      const before = reached();
      expect(before.length).toBe(2);
      await gateway.gateway.reload(checkedConfig(configWith(1)));
      const [first] = before;
      const checked = upstreams[first ?? 0]?.seen;
      await checked?.atLeast(checked.all.length + 2);
      for (let asked = 0; asked < 20; asked += 1) await fetch(gateway.url);
      expect(reached()).toEqual(before);
    } finally {
      for (const upstream of upstreams) await upstream[Symbol.asyncDispose]();
    }
  });

  test("can be a unix socket", async () => {
    const path = `/tmp/cartway-${crypto.randomUUID()}.sock`;
    const server = Bun.serve({ unix: path, fetch: (request) => new Response(new URL(request.url).pathname) });
    await using gateway = await startGateway({ services: { api: serviceAt(`unix:${path}`) }, routes });
    expect(await (await fetch(`${gateway.url}/over/socket`)).text()).toBe("/over/socket");
    await server.stop(true);
  });

  test("that are unix sockets get Host: localhost in requests and checks, because a path is not a valid Host", async () => {
    const path = `/tmp/cartway-${crypto.randomUUID()}.sock`;
    const hosts = createEventLog<string>();
    const server = Bun.serve({
      unix: path,
      fetch({ headers, url }) {
        hosts.push(`${new URL(url).pathname} ${headers.get("host")}`);
        return new Response("ok");
      },
    });
    await using gateway = await startGateway({
      services: { api: serviceAt(`unix:${path}`, { health: { path: "/healthz" } }) },
      routes: routes.map((route) => ({ ...route, host: "target" })),
    });
    await fetch(`${gateway.url}/asked`);
    await hosts.atLeast(2);
    expect(hosts.all.toSorted()).toEqual(["/asked localhost", "/healthz localhost"]);
    await server.stop(true);
  });

  test("can be an IPv6 address", async () => {
    const server = Bun.serve({ port: 0, hostname: "::1", fetch: () => new Response("six") });
    await using gateway = await startGateway({
      services: { api: serviceAt(`http://[::1]:${server.port}`) },
      routes,
    });
    expect(await (await fetch(gateway.url)).text()).toBe("six");
    await server.stop(true);
  });
});

describe("active checks", () => {
  const health = { path: "/well", intervalMs: 10, timeoutMs: 1000, rise: 2, fall: 2 };

  test("remove a target while it fails them, and readmit it once it passes", async () => {
    let isWell = true;
    await using ailing = startUpstream((_request, { path }) =>
      path === "/well" ? new Response(null, { status: isWell ? 200 : 500 }) : new Response("ailing"),
    );
    await using steady = startUpstream(() => new Response("steady"));
    await using gateway = await startGateway({
      services: { api: serviceAt([ailing.url, steady.url], { health }) },
      routes,
    });
    const answersOf = async (): Promise<Set<string>> => {
      const answers = new Set<string>();
      for (let asked = 0; asked < 4; asked += 1) answers.add(await (await fetch(gateway.url)).text());
      return answers;
    };
    const healthIs = (value: number) => async (): Promise<boolean> =>
      (await gateway.metrics.render()).includes(`service="api",target="${ailing.id}"} ${value}`);

    expect(await answersOf()).toEqual(new Set(["ailing", "steady"]));
    isWell = false;
    await waitUntil(healthIs(0), { what: "the target to be taken out" });
    expect(await answersOf()).toEqual(new Set(["steady"]));
    isWell = true;
    await waitUntil(healthIs(1), { what: "the target to be back" });
    expect(await answersOf()).toEqual(new Set(["ailing", "steady"]));
    expect(gateway.log.text()).toContain("a target fails its health checks and gets no requests");
    expect(gateway.log.text()).toContain("a target passes its health checks again");
  });

  test.each(["round-robin", "least-in-flight"])(
    "that every target fails give %s 503 no_target at once",
    async (type) => {
      await using ailing = startUpstream(() => new Response(null, { status: 500 }));
      await using gateway = await startGateway({
        services: { api: serviceAt(ailing.url, { health, balancer: { type } }) },
        routes,
      });
      const response = await waitUntil(async () => {
        const answer = await fetch(gateway.url);
        return answer.status === 503 ? answer : null;
      });
      expect((await errorOf(response)).code).toBe("no_target");
    },
  );

  test("treat late and missing responses as failures", async () => {
    await using silent = startUpstream(() => new Promise<Response>(() => undefined));
    await using gateway = await startGateway({
      services: { api: serviceAt(silent.url, { health: { ...health, timeoutMs: 20 } }) },
      routes,
    });
    const response = await waitUntil(async () => {
      const answer = await fetch(gateway.url, { signal: AbortSignal.timeout(500) });
      return answer.status === 503 ? answer : null;
    });
    expect((await errorOf(response)).code).toBe("no_target");
  });

  test("stop with their gateway", async () => {
    await using upstream = startUpstream();
    const gateway = await startGateway({ services: { api: serviceAt(upstream.url, { health }) }, routes });
    await upstream.seen.atLeast(2);
    await gateway.gateway.stop();
    const asked = upstream.seen.all.length;
    await fetch(upstream.url);
    expect(upstream.seen.all.length).toBe(asked + 1);
  });
});
