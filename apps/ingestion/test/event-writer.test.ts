import { afterAll, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { createMetrics } from "@libs/monitoring";
import { Sequence } from "../src/events/events-table.ts";
import { EventWriter } from "../src/events/event-writer.ts";
import { KnownIds } from "../src/events/known-ids.ts";
import type { StoredEvent } from "../src/events/stored-event.ts";
import { createWriterMetrics } from "../src/events/writer-metrics.ts";
import { createClickHouseLog } from "../src/log/clickhouse-log.ts";
import { openEventStore } from "./support/open-event-store.ts";
import { viewOf } from "./support/view-of.ts";

const store = await openEventStore();
const { clickhouse } = store;
afterAll(() => store.close());

/** A writer whose inserts are stored, and whose answers are lost where `isLost` says so. */
function writerWith(isLost: () => boolean, options = {}) {
  const doubtful: StoredEvent[] = [];
  const log = createClickHouseLog({
    clickhouse: {
      async insertLines(...insert) {
        await clickhouse.insertLines(...insert);
        if (isLost()) throw new CartwayError("store_unavailable");
      },
    },
    onReadable: () => undefined,
  });
  const writer = new EventWriter(
    {
      log,
      known: new KnownIds({ clickhouse, log }),
      sequence: new Sequence(Date.now),
      metrics: createWriterMetrics(createMetrics({ service: "ingestion", processMetrics: false })),
      onDoubtful: (events) => doubtful.push(...events),
    },
    options,
  );
  return { writer, doubtful };
}

const event = (id: string) => viewOf("s-1", id);

async function rowsOf(id: string): Promise<unknown> {
  return await clickhouse.query("SELECT toUInt32(count()) AS rows FROM events WHERE id = {id:String}", {
    id,
  });
}

test("an event whose answer was lost is refused as retryable, and stored once when it is sent again", async () => {
  let isLost = false;
  const { writer, doubtful } = writerWith(() => isLost);
  expect(await writer.write([event("e-0")])).toEqual(["stored"]);
  isLost = true;
  await expect(writer.write([event("e-1")])).rejects.toMatchObject({ code: "store_unavailable" });
  expect(doubtful.map((one) => one.event.id)).toEqual(["e-1"]);
  isLost = false;
  expect(await writer.write([event("e-1"), event("e-0")])).toEqual(["duplicate", "duplicate"]);
  expect(await rowsOf("e-1")).toEqual([{ rows: 1 }]);
});

test("waiting events are bounded by what they hold, however few they are", async () => {
  const { writer } = writerWith(() => false, { waitingCharsMax: 1000 });
  const large = (id: string) => ({ ...event(id), contentChars: 600 });
  const taken = writer.write([large("l-1")]);
  await expect(writer.write([large("l-2")])).rejects.toMatchObject({ code: "queue_full" });
  expect(await taken).toEqual(["stored"]);
  expect(await writer.write([large("l-2")])).toEqual(["stored"]);
});

test("waiting events are bounded, and a closing writer writes what it has accepted and accepts no more", async () => {
  const { writer } = writerWith(() => false, { waitingEventsMax: 2 });
  const taken = writer.write([event("b-1"), event("b-2")]);
  await expect(writer.write([event("b-3")])).rejects.toMatchObject({ code: "queue_full" });
  await writer.close();
  expect(await taken).toEqual(["stored", "stored"]);
  await expect(writer.write([event("b-4")])).rejects.toMatchObject({ code: "shutting_down" });
});
