import { openBrowser, type Tab } from "./browser.ts";
import { type EventService, startEventService } from "./event-service.ts";
import { type HubFixture, startHub } from "./start-hub.ts";

/** A shop whose pages load the client's script, the hub that they speak to, and a browser to look at them with. */
export interface BrowserShop {
  readonly tab: Tab;
  readonly hub: HubFixture;
  /** Called `ingestion` by the hub. */
  readonly service: EventService;
  /** The address of a page. */
  readonly at: (path: string) => string;
  /** The ids of all events that the service was sent, in their order. */
  readonly arrived: () => string[];
  stop(): Promise<void>;
}

export interface BrowserShopOptions {
  /** Of the hub. */
  readonly endpoints: (origin: string) => readonly object[];
  /** By their paths. `/cartway.js` is there for them. */
  readonly pages: (hubUrl: string) => Readonly<Record<string, string>>;
  /** What pages post, wherever. */
  readonly posted?: (request: Request) => Promise<void>;
}

export async function startBrowserShop(options: BrowserShopOptions): Promise<BrowserShop> {
  const script = await buildScript();
  const service = startEventService();
  let pages: Readonly<Record<string, string>> = {};
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      // pages in a sandbox are of no origin
      const typed = (type: string) => ({
        headers: { "content-type": type, "access-control-allow-origin": "*" },
      });
      if (pathname === "/cartway.js") return new Response(script, typed("text/javascript"));
      if (request.method !== "POST") return new Response(pages[pathname], typed("text/html"));
      await options.posted?.(request);
      return new Response();
    },
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const hub = startHub({
    services: { ingestion: service.url },
    hub: { endpoints: options.endpoints(origin) },
  });
  pages = options.pages(hub.url);
  const browser = await openBrowser();
  return {
    tab: browser.tab,
    hub,
    service,
    at: (path) => `${origin}${path}`,
    arrived: () => service.calls.all.flatMap(({ elements }) => elements.map(({ id }) => String(id))),
    async stop() {
      await browser.close();
      await hub.stop();
      await service.stop();
      await server.stop(true);
    },
  };
}

async function buildScript(): Promise<string> {
  const built = await Bun.build({
    entrypoints: [`${import.meta.dir}/../../../../libs/client/src/script-tag.ts`],
    format: "iife",
    target: "browser",
  });
  const [script] = built.outputs;
  if (script === undefined) throw new Error("the client's script was not built");
  return await script.text();
}
