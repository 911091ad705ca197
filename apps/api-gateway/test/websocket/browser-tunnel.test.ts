import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chromiumPath } from "@libs/testing";
import { type Browser, openBrowser } from "../hub/browser.ts";
import { type RunningGateway, startGateway, serviceAt } from "../support/start-gateway.ts";
import { type SocketService, startSocketService } from "./socket-service.ts";

describe.skipIf(chromiumPath === null)("a tunnel from a real browser (install chromium to run this)", () => {
  let browser: Browser;
  let service: SocketService;
  let gateway: RunningGateway;

  beforeAll(async () => {
    service = startSocketService({
      headers: { "sec-websocket-protocol": "beta" },
      onMessage(socket, message) {
        if (message === "close") socket.close(4001, "as you like");
        else if (message === "vanish") socket.terminate();
        else socket.send(message);
      },
    });
    const page = { type: "respond", contentType: "text/html", body: "<!doctype html>" };
    gateway = await startGateway({
      services: { api: serviceAt(service.url) },
      routes: [
        { id: "page", match: { path: "/page" }, policies: [page] },
        { id: "chat", match: { path: "/chat" }, service: "api", websocket: { messageBytesMax: 4_000_000 } },
      ],
    });
    browser = await openBrowser();
    await browser.tab.goto(`${gateway.url}/page`);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await gateway.gateway.stop();
    await service[Symbol.asyncDispose]();
  });

  /** Sends each in its turn; resolves with what came back, and with the end. */
  const talk = (sent: string) => `new Promise((resolve) => {
    const socket = new WebSocket("/chat", ["alpha", "beta"]);
    const heard = [];
    const queue = ${sent};
    const next = () => { const one = queue.shift(); if (one === undefined) socket.close(4002, "done"); else socket.send(one); };
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { heard.push(socket.protocol + socket.extensions); next(); };
    socket.onmessage = ({ data }) => { heard.push(typeof data === "string" ? data : data.byteLength); next(); };
    socket.onclose = ({ code, reason }) => resolve({ heard, code, reason });
  })`;

  test("carries subprotocol, text, 3 MB of binary data, and the browser's close code", async () => {
    const said = await browser.tab.evaluate(talk(`["grüße", new Uint8Array(3_000_000), ""]`));
    expect(said).toEqual({ heard: ["beta", "grüße", 3_000_000, ""], code: 4002, reason: "done" });
    expect(await service.closes.next()).toEqual({ code: 4002, reason: "done" });
  });

  test("reports the service's close code, and 1014 if the service vanished", async () => {
    const closed = await browser.tab.evaluate(talk(`["close"]`));
    expect(closed).toMatchObject({ code: 4001, reason: "as you like" });
    const vanished = await browser.tab.evaluate(talk(`["vanish"]`));
    expect(vanished).toMatchObject({ code: 1014, reason: "the service is gone" });
  });
});
