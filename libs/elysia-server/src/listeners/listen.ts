import { listenDirectly } from "./listen-directly.ts";
import { listenOnSockets } from "./listen-on-sockets.ts";
import { listenForRedirects } from "./listen-for-redirects.ts";
import { toListenError } from "./listen-error.ts";
import { refuseTakenPort } from "./refuse-taken-port.ts";
import type { Listener, ListenOptions } from "./listener.ts";

/**
 * Opens the port, and the one that redirects to it where configured. Rejects where a port is taken: a port is shared only with
 * `reusePort`, and then only with earlier processes of the same app.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { tls, hostname } = options;
  const isFirst = options.reusePort && options.isFirst === true;
  if (isFirst) refuseTakenPort(hostname, options.port);
  const listener = await open(options);
  if (tls === null || tls.redirect === null) return listener;
  try {
    if (isFirst) refuseTakenPort(hostname, tls.redirect.port);
    return withRedirects(listener, listenForRedirects(options, tls.redirect, listener.address.port));
  } catch (error) {
    await listener.cut();
    const { port } = tls.redirect;
    throw toListenError(error, { hostname, port, portSetting: "tls.redirect.port" });
  }
}

async function open(options: ListenOptions): Promise<Listener> {
  const { tls } = options;
  if (tls === null) return options.hasFront ? listenOnSockets(options) : listenDirectly(options);
  // loaded on demand, with `node:tls` and `node:net`
  const { listenBehindTls } = await import("./listen-behind-tls.ts");
  return await listenBehindTls({ ...options, tls });
}

function withRedirects(listener: Listener, redirects: { stop(): Promise<void> }): Listener {
  return {
    address: listener.address,
    get pending() {
      return listener.pending;
    },
    replaceTls: (tls) => listener.replaceTls(tls),
    stop: async () => void (await Promise.all([redirects.stop(), listener.stop()])),
    cut: async () => void (await Promise.all([redirects.stop(), listener.cut()])),
  };
}
