import type { App, AppServer } from "@libs/elysia-server";

/** Stands in for the server: there is no connection, so no address to report and nothing to upgrade. */
const noListener: AppServer = {
  pendingWebSockets: 0,
  hostname: undefined,
  port: undefined,
  publish: () => 0,
  requestIP: () => null,
  upgrade: () => false,
};

type InProcess = (request: Request) => ReturnType<App["fetch"]>;

/** The services by their listening address: the gateway calls them without a socket. */
export function inProcessOf(services: readonly App[]): ReadonlyMap<string, InProcess> {
  const byAddress = new Map<string, InProcess>();
  for (const app of services) {
    if (app.address === null) continue;
    const { host } = new URL(app.address.url);
    byAddress.set(host, (request) => app.fetch(request, noListener));
  }
  return byAddress;
}
