import { expect, test } from "bun:test";
import { pause } from "@libs/resilience";
import { createTemporaryDirectory } from "@libs/testing";
import { Agent } from "./agent.ts";
import type { Outcome } from "./kinds/command-handler.ts";

/** A fleet that has one command for its device, and takes no result with an output. */
function startFussyFleet() {
  const results: Outcome[] = [];
  const ended = Promise.withResolvers<void>();
  let claims = 0;
  const command = {
    id: "c-1",
    kind: "run_check",
    version: 1,
    parameters: { check: "clock" },
    claimToken: "t",
    claimedUntil: "",
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: {
      "/api/v1/device/register": () => Response.json({ deviceId: "d-1", secret: "s" }),
      "/api/v1/device/auth": () => Response.json({ token: "t" }),
      "/api/v1/device/heartbeat": () => Response.json({ serverTime: "" }),
      "/api/v1/device/commands": () => Response.json({ commands: [] }),
      "/api/v1/device/commands/claim": () => {
        claims += 1;
        return Response.json({ commands: claims === 1 ? [command] : [] });
      },
      "/api/v1/device/commands/c-1/result": async (request) => {
        const result = (await request.json()) as Outcome;
        results.push(result);
        if (result.output !== null)
          return Response.json({ error: { message: "no output" } }, { status: 422 });
        ended.resolve();
        return Response.json({ status: result.outcome, repeated: false });
      },
    },
    fetch: () => new Response(null, { status: 404 }),
  });
  return { url: server.url.href.slice(0, -1), results, ended: ended.promise, stop: () => server.stop(true) };
}

test("a command whose result the fleet refuses ends as a failure with the reason, and is not executed again", async () => {
  await using directory = await createTemporaryDirectory();
  const fleet = startFussyFleet();
  const agent = new Agent({
    url: fleet.url,
    stateFile: directory.file("agent.json"),
    activationCode: "code",
    permissions: { logs: {}, services: {} },
    version: "0",
    log: () => undefined,
  });
  await agent.start();
  const running = agent.run();
  await fleet.ended;
  agent.stop();
  await running;
  expect(fleet.results).toMatchObject([
    { outcome: "succeeded", output: expect.anything() },
    { outcome: "failed", message: expect.stringContaining("no output"), output: null },
  ]);
  await fleet.stop();
});

/** A fleet that reports a command which cannot be claimed. Its first heartbeats are answered as given. */
function startStuckFleet(firstHeartbeats: readonly (() => Response)[] = []) {
  const asked: string[] = [];
  let heartbeats = 0;
  const note = (what: string, body: object) => () => {
    asked.push(what);
    return Response.json(body);
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: {
      "/api/v1/device/register": () => Response.json({ deviceId: "d-1", secret: "s" }),
      "/api/v1/device/auth": () => Response.json({ token: "t" }),
      "/api/v1/device/heartbeat": () => {
        const answer = firstHeartbeats[heartbeats] ?? (() => Response.json({ serverTime: "" }));
        heartbeats += 1;
        return answer();
      },
      "/api/v1/device/commands": note("look", { commands: [{ id: "c-1" }] }),
      "/api/v1/device/commands/claim": note("claim", { commands: [] }),
    },
    fetch: () => new Response(null, { status: 404 }),
  });
  return { url: server.url.href.slice(0, -1), asked, stop: () => server.stop(true) };
}

const heartbeatMs = 123_456;

test("a command that is reported but cannot be claimed is asked for after a wait each time", async () => {
  await using directory = await createTemporaryDirectory();
  const fleet = startStuckFleet();
  const agent = new Agent({
    url: fleet.url,
    stateFile: directory.file("agent.json"),
    activationCode: "code",
    permissions: { logs: {}, services: {} },
    version: "0",
    heartbeatMs,
    log: () => undefined,
    async pause(ms, signal) {
      if (ms === heartbeatMs) return await pause(ms, signal);
      fleet.asked.push("wait");
      if (fleet.asked.length > 8) agent.stop();
    },
  });
  await agent.start();
  await agent.run();
  const rounds = ["claim", "wait", "look"];
  expect(fleet.asked).toEqual(["claim", "look", ...rounds, ...rounds, "claim", "wait"]);
  await fleet.stop();
});

test("an answer that is not one of the fleet, or breaks off, does not end the agent", async () => {
  await using directory = await createTemporaryDirectory();
  const page = () => new Response("<h1>Welcome to the guest network</h1>");
  const brokenOff = () => new Response('{"serverTime":');
  const fleet = startStuckFleet([page, brokenOff]);
  const agent = new Agent({
    url: fleet.url,
    stateFile: directory.file("agent.json"),
    activationCode: "code",
    permissions: { logs: {}, services: {} },
    version: "0",
    heartbeatMs,
    log: () => undefined,
    async pause(ms) {
      if (ms === heartbeatMs) agent.stop();
    },
  });
  await agent.start();
  await agent.run();
  await fleet.stop();
});
