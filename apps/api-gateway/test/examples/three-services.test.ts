import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryDirectory, freePort, waitUntil } from "@libs/testing";
import { parse } from "yaml";
import { checkedConfig, startGateway } from "../support/start-gateway.ts";

const example = join(import.meta.dir, "../../../../examples/three-services");
const programs = ["node", "python3", "nginx"] as const;
const missing = programs.filter((program) => Bun.which(program) === null);
const title = `the example of three services (needs ${missing.length === 0 ? "nothing more" : missing.join(", ")})`;

/** What the README's commands start, on ports of the moment: the config is the file's own but for them. */
async function startExample() {
  const directory = await createTemporaryDirectory();
  cpSync(example, directory.path, { recursive: true });
  mkdirSync(join(directory.path, "temp"), { recursive: true });
  // Started by root, nginx reads as a user of its own.
  chmodSync(directory.path, 0o755);
  const [orders, catalog, pages] = [await freePort(), await freePort(), await freePort()];
  const nginxConf = join(directory.path, "nginx.conf");
  await Bun.write(nginxConf, (await Bun.file(nginxConf).text()).replace("8083", String(pages)));
  const start = (command: string[], port: number) =>
    Bun.spawn(command, {
      cwd: directory.path,
      env: { ...process.env, PORT: String(port) },
      stdout: "ignore",
      stderr: "ignore",
    });
  const processes = {
    orders: start(["node", "orders.mjs"], orders),
    catalog: start(["python3", "catalog.py"], catalog),
    pages: start(["nginx", "-p", directory.path, "-c", "nginx.conf"], pages),
  };
  const text = (await Bun.file(join(example, "gateway.yaml")).text())
    .replace("8081", String(orders))
    .replace("8082", String(catalog))
    .replace("8083", String(pages));
  const { services, routes } = checkedConfig(parse(text));
  const gateway = await startGateway({ services, routes });
  for (const path of ["/", "/api/orders/1", "/catalog"])
    await waitUntil(async () => (await fetch(gateway.url + path)).ok, { what: path, timeoutMs: 20_000 });
  return {
    url: gateway.url,
    processes,
    async stop() {
      await gateway[Symbol.asyncDispose]();
      // not SIGKILL: nginx would leave its worker behind
      for (const one of Object.values(processes)) one.kill("SIGTERM");
      await Promise.all(Object.values(processes).map((one) => one.exited));
      await directory[Symbol.asyncDispose]();
    },
  };
}

const running = missing.length > 0 ? null : await startExample();
afterAll(() => running?.stop());

describe.skipIf(running === null)(title, () => {
  const url = running?.url ?? "";

  test("nginx's pages get security headers", async () => {
    const page = await fetch(url);
    expect(await page.text()).toContain("A shop behind Cartway");
    expect(page.headers.get("x-frame-options")).toBe("DENY");
  });

  test("Node's orders are routed without their prefix and limited, and its events arrive one by one", async () => {
    const order = await fetch(`${url}/api/orders/1`);
    expect(await order.json()).toMatchObject({ id: "1" });
    expect(order.headers.get("ratelimit-policy")).toContain("q=100");
    const news = await (await fetch(`${url}/api/news`)).text();
    expect(news).toBe("data: order 1\n\ndata: order 2\n\ndata: order 3\n\n");
  });

  test("a service learns the caller's address and headers from the gateway", async () => {
    const headers = { "x-forwarded-for": "1.2.3.4", "x-request-id": "given-by-caller" };
    const stored = await fetch(`${url}/api/orders/2`, { method: "PUT", body: '{"id":"2"}', headers });
    expect(await stored.json()).toEqual({ stored: "2", client: "127.0.0.1", requestId: "given-by-caller" });
  });

  test("Python's catalogue is compressed, and served from the cache after the service has died", async () => {
    const ask = () => fetch(`${url}/catalog`, { headers: { "accept-encoding": "br" } });
    const first = await (await ask()).json();
    running?.processes.catalog.kill("SIGKILL");
    await running?.processes.catalog.exited;
    const again = await ask();
    expect(again.headers.get("content-encoding")).toBe("br");
    expect(await again.json()).toEqual(first);
    expect((await fetch(`${url}/api/orders/1`)).status).toBe(200);
  });
});
