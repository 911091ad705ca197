import { join } from "node:path";
import { processUsage } from "../../gateway/process-usage.ts";
import { buildApp, freePort } from "@libs/testing";
import { type RunningProcess, runServer } from "../../gateway/run-process.ts";

export interface GatewayProcess extends RunningProcess {
  readonly port: number;
  readonly url: string;
  /** Writes another config and triggers a reload; resolves with the milliseconds until `/version` names it. */
  reload(config: object): Promise<number>;
  residentMiB(): number;
}

/** The gateway as a separate process, on a config that needs no store. */
export async function startGateway(
  config: object,
  directory: string,
  path = "/healthz",
): Promise<GatewayProcess> {
  const file = join(directory, "gateway.json");
  const port = await freePort();
  await Bun.write(file, JSON.stringify(config));
  const program = await buildApp("api-gateway");
  const running = await runServer(
    [process.execPath, program, "--config", file, "--port", String(port), "--no-admin"],
    port,
    { path },
  );
  const url = `http://127.0.0.1:${port}`;
  return {
    ...running,
    port,
    url,
    async reload(next) {
      const before = await configHash(url);
      await Bun.write(file, JSON.stringify(next));
      const startedAt = performance.now();
      process.kill(running.pid, "SIGHUP");
      while ((await configHash(url)) === before) await Bun.sleep(2);
      return performance.now() - startedAt;
    },
    residentMiB: () => processUsage(running.pid).residentBytes / 2 ** 20,
  };
}

async function configHash(url: string): Promise<string> {
  const version = (await (await fetch(`${url}/version`)).json()) as { config: { hash: string } };
  return version.config.hash;
}

/** A config with one service at that port and one route per prefix. A different `marker` makes a different config. */
export function configWith(upstreamPort: number, routes: number, marker = 0): object {
  return {
    version: 1,
    services: {
      upstream: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${upstreamPort}` }] } },
    },
    routes: Array.from({ length: routes }, (_, index) => ({
      id: `r${index}`,
      match: { path: `/r${index}/*` },
      service: "upstream",
      bodyBytesMax: 1_000_000 + marker,
    })),
  };
}
