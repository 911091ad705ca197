import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createEventLog } from "@libs/testing";
import { createBrokerPublisher, createMemoryBroker } from "@libs/messaging";
import { startEventService } from "../hub/event-service.ts";
import { startHub } from "../hub/start-hub.ts";

const script = join(import.meta.dir, "../../../../examples/python-client/cartway.py");
const python = Bun.which("python3");
const endpoints = [
  {
    path: "/ws",
    authenticate: { with: ["platform"], anonymous: true },
    messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 2 } } },
    rooms: { pattern: "cart:{sessionId}" },
  },
];

describe.skipIf(python === null)(
  "the Python client (needs python3), written from the protocol's page",
  () => {
    const service = startEventService();
    const broker = createMemoryBroker();
    const publisher = createBrokerPublisher(broker);
    let fixture = startHub({ hub: { endpoints }, services: { ingestion: service.url }, broker });
    const { port } = fixture;
    afterAll(async () => {
      await fixture.stop();
      await service.stop();
    });

    /** Runs it as its README says; each line that it prints is an event. */
    function start() {
      const lines = createEventLog<string>();
      const child = Bun.spawn([python ?? "", script, `${fixture.url}/ws`, "60"], {
        stdout: "pipe",
        stderr: "inherit",
      });
      void (async () => {
        let rest = "";
        for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
          const parts = (rest + chunk).split("\n");
          rest = parts.pop() ?? "";
          for (const line of parts) lines.push(line);
        }
      })();
      const numbers = (): unknown[] =>
        lines.all.flatMap((line) => (line.startsWith("frame ") ? [JSON.parse(line.slice(6)).payload.n] : []));
      const heard = (n: number) => lines.find((line) => line.includes(`"payload": {"n": ${n}}`));
      return { lines, numbers, heard, [Symbol.dispose]: () => child.kill() };
    }

    test("has its event acknowledged, and receives its room's frames once and in order while the hub is restarted", async () => {
      using client = start();
      const sessionId =
        (await client.lines.find((line) => line.startsWith("acknowledged "))).split(" ")[1] ?? "";
      await client.lines.find((line) => line.startsWith("joined "));
      const publish = (n: number, history?: { sizeMax: number; ttlMs: number }) =>
        publisher.publish(
          `room:cart:${sessionId}`,
          { type: "offer", payload: { n } },
          history === undefined ? {} : { history },
        );
      await publish(1);
      await client.heard(1);
      await fixture.stop();
      for (const n of [2, 3, 4]) await publish(n);
      fixture = startHub({ hub: { endpoints }, services: { ingestion: service.url }, broker, port });
      await client.heard(4);
      await publish(5);
      await client.heard(5);
      expect(client.numbers()).toEqual([1, 2, 3, 4, 5]);
      expect(client.lines.all.filter((line) => line.startsWith("gap"))).toEqual([]);
      const events = service.calls.all.flatMap(({ elements }) => elements);
      expect(events.map((event) => event["sessionId"])).toEqual([sessionId]);

      await fixture.stop();
      // only the last of its missed frames is kept: it is told of the gap and gets none of them
      for (const n of [6, 7]) await publish(n, { sizeMax: 1, ttlMs: 60_000 });
      fixture = startHub({ hub: { endpoints }, services: { ingestion: service.url }, broker, port });
      await client.lines.find((line) => line === `gap cart:${sessionId}`);
      await publish(8);
      await client.heard(8);
      expect(client.numbers()).toEqual([1, 2, 3, 4, 5, 8]);
    }, 60_000);
  },
);
