import { afterEach, describe, expect, test } from "bun:test";
import { frameOf, openRaw, type RawSocket } from "@libs/testing";
import { type Recorded, record } from "../../test/websocket/recorded.ts";
import type { ServeSockets, SocketServer } from "../../test/websocket/serve-sockets.ts";
import type { AppSocketHandlers } from "./app-socket.ts";

/** A handler that fails affects its own client and no other, whichever implementation serves the sockets. */
export function describeHandlerFailures(name: string, serve: ServeSockets): void {
  describe(name, () => {
    const servers: SocketServer[] = [];
    afterEach(async () => {
      for (const server of servers.splice(0)) await server.stop();
    });

    async function open(handlers: AppSocketHandlers): Promise<Recorded & { readonly client: RawSocket }> {
      const recorded = record(handlers);
      const server = serve(recorded.handlers);
      servers.push(server);
      return { ...recorded, client: await openRaw(server.port) };
    }

    test("an error thrown by a handler is reported, and no other frame is lost", async () => {
      const { client, events } = await open({
        message(_socket, message) {
          if (message === "bad") throw new Error("boom");
        },
      });
      client.write(Buffer.concat([frameOf("bad"), frameOf("good")]));
      await events.atLeast(3);
      expect(events.all).toEqual([
        ["message", "bad"],
        ["error", "boom"],
        ["message", "good"],
      ]);
    });

    test("a socket whose open handler throws is closed", async () => {
      const { events } = await open({
        open() {
          throw new Error("boom");
        },
      });
      await events.atLeast(2);
      expect(events.all).toEqual([
        ["close", 1006, ""],
        ["error", "boom"],
      ]);
    });

    test("a handler's rejection is reported like a thrown error, and no other frame is lost", async () => {
      const { client, events } = await open({
        message: (_socket, message) =>
          message === "bad" ? Promise.reject(new Error("boom")) : Promise.resolve(),
      });
      client.write(Buffer.concat([frameOf("bad"), frameOf("good")]));
      const seen = await events.atLeast(3);
      expect(seen.filter(([kind]) => kind === "message")).toEqual([
        ["message", "bad"],
        ["message", "good"],
      ]);
      expect(seen).toContainEqual(["error", "boom"]);
    });

    test("the last handler's rejection is reported as well", async () => {
      const { client, events } = await open({ close: () => Promise.reject(new Error("boom")) });
      client.end();
      expect(await events.atLeast(2)).toEqual([
        ["close", 1006, expect.any(String)],
        ["error", "boom"],
      ]);
    });
  });
}
