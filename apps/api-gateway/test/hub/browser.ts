import { createEventLog, createTemporaryDirectory, headlessChromium } from "@libs/testing";

/** A tab of a real browser, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol). */
export interface Tab {
  goto(url: string): Promise<void>;
  /** Runs in the page; a promise is awaited. The value comes back as JSON. */
  evaluate(expression: string): Promise<unknown>;
  offline(isOffline: boolean): Promise<void>;
}

export interface Browser {
  readonly tab: Tab;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly result?: { readonly [key: string]: unknown };
  readonly error?: { readonly message: string };
}

export async function openBrowser(): Promise<Browser> {
  const directory = await createTemporaryDirectory();
  const child = Bun.spawn([...headlessChromium(directory.path), "--remote-debugging-port=0", "about:blank"], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const socket = new WebSocket(await debuggerUrl(child.stderr));
  const messages = createEventLog<Message>();
  socket.addEventListener("message", ({ data }) => messages.push(JSON.parse(String(data))));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  let number = 0;

  async function call(
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++number;
    socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    const answer = await messages.find((message) => message.id === id, { what: method, timeoutMs: 30_000 });
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return { ...answer.result };
  }

  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const session = String(sessionId);
  await call("Page.enable", {}, session);
  await call("Network.enable", {}, session);

  return {
    tab: {
      async goto(url) {
        const loads = messages.all.filter(({ method }) => method === "Page.loadEventFired").length;
        await call("Page.navigate", { url }, session);
        await messages.find(
          ({ method }) =>
            method === "Page.loadEventFired" &&
            messages.all.filter((message) => message.method === "Page.loadEventFired").length > loads,
          { what: `the load of ${url}` },
        );
      },
      async evaluate(expression) {
        const answer = await call(
          "Runtime.evaluate",
          { expression, awaitPromise: true, returnByValue: true },
          session,
        );
        const { result, exceptionDetails } = answer;
        if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
        return typeof result === "object" && result !== null && "value" in result ? result.value : undefined;
      },
      async offline(isOffline) {
        const conditions = { offline: isOffline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
        await call("Network.emulateNetworkConditions", conditions, session);
      },
    },
    async close() {
      socket.close();
      child.kill();
      await child.exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function debuggerUrl(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stderr) {
    text += decoder.decode(chunk);
    const url = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`no DevTools: ${text}`);
}
