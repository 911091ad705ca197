import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@libs/testing";
import { routeRequests } from "../../gateway/peer.ts";
import { type RunningProcess, runServer } from "../../gateway/run-process.ts";
import type { LoadRequest } from "../../gateway/wrk.ts";
import { startHaproxy } from "./haproxy-targets.ts";
import { configWith, startGateway } from "./start-gateway.ts";

export interface FlatServer extends RunningProcess {
  readonly name: string;
  readonly url: string;
  /** The paths to request, in turn. */
  readonly requests: readonly LoadRequest[];
}

const barest = join(import.meta.dir, "bare-sockets.ts");

/** All servers to compare, each with its own directory. HAProxy only where it is installed. */
export async function startFlatServers(
  upstreamPort: number,
  directory: string,
): Promise<readonly FlatServer[]> {
  const [three, thousand] = [targetUrls(upstreamPort, 3), targetUrls(upstreamPort, 1000)];
  const own = async (name: string): Promise<string> => {
    const path = join(directory, name);
    await mkdir(path, { recursive: true });
    return path;
  };
  const gateway = async (
    name: string,
    routes: number,
    urls: readonly string[],
    settings: object = {},
  ): Promise<FlatServer> => {
    const services = { upstream: { ...serviceOf(urls), ...settings } };
    const config = { ...configWith(upstreamPort, routes), services };
    return {
      ...(await startGateway(config, await own(name), "/r0/items")),
      name,
      requests: routeRequests(routes),
    };
  };
  const bare = async (name: string, urls: readonly string[]): Promise<FlatServer> => {
    const [port, file] = [await freePort(), join(await own(name), "targets.json")];
    await Bun.write(file, JSON.stringify(urls));
    const running = await runServer([process.execPath, barest, String(port), file], port);
    return { ...running, url: `http://127.0.0.1:${port}`, name, requests: routeRequests(10) };
  };
  const haproxy = async (name: string, urls: readonly string[]): Promise<FlatServer> => ({
    ...(await startHaproxy(urls, await own(name))),
    name,
    requests: routeRequests(10),
  });
  // Servers that are compared are measured directly after each other.
  const starting = [
    () => gateway("routes", 10_000, three),
    () => gateway("few", 10, three),
    () => gateway("targets", 10, thousand),
    () => gateway("subset", 10, thousand, { subsetSize: 100 }),
    () => bare("bare few", three),
    () => bare("bare targets", thousand),
    ...(Bun.which("haproxy") === null
      ? []
      : [() => haproxy("haproxy few", three), () => haproxy("haproxy targets", thousand)]),
  ];
  const servers: FlatServer[] = [];
  try {
    for (const start of starting) servers.push(await start());
    return servers;
  } catch (thrown) {
    await Promise.all(servers.map((server) => server.stop()));
    throw thrown;
  }
}

/** The same upstream under many names: every address of 127.0.0.0/8 is this machine. */
function targetUrls(port: number, targets: number): readonly string[] {
  const urls = Array.from(
    { length: targets },
    (_, index) => `http://127.0.${index >> 8}.${index & 255 || 1}:${port}`,
  );
  return [...new Set(urls)];
}

function serviceOf(urls: readonly string[]): object {
  return { discovery: { type: "static", targets: urls.map((url) => ({ url })) } };
}
