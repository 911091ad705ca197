import { describe, expect, test } from "bun:test";
import type { ClickHouseClient } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { viewOf } from "../../test/support/view-of.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import type { EventLog } from "./event-log.ts";

export interface OpenedLog {
  readonly log: EventLog;
  readonly readable: StoredEvent[];
  /** While true, inserts store their rows and their answers are lost. */
  answersLost: boolean;
}

let sequence = 0;

export function stored(sessionId: string, id: string): StoredEvent {
  sequence += 1;
  return { event: viewOf(sessionId, id), sequence };
}

/** A ClickHouse whose answers can be lost. */
export function losing(clickhouse: ClickHouseClient, opened: { readonly answersLost: boolean }) {
  return {
    query: clickhouse.query.bind(clickhouse),
    async insertLines(...insert: Parameters<ClickHouseClient["insertLines"]>): Promise<void> {
      await clickhouse.insertLines(...insert);
      if (opened.answersLost) throw new CartwayError("store_unavailable");
    },
  };
}

export async function idsOf(clickhouse: ClickHouseClient, sessionId: string): Promise<readonly string[]> {
  const rows = await clickhouse.query<{ id: string }>(
    "SELECT id FROM events WHERE session_id = {session:String} ORDER BY events.sequence",
    { session: sessionId },
  );
  return rows.map((row) => row.id);
}

/** What every `EventLog` must do. `open` opens one over ClickHouse. */
export function eventLogContract(
  name: string,
  open: () => Promise<OpenedLog>,
  clickhouse: () => ClickHouseClient,
): void {
  describe(name, () => {
    test("appended events are readable once the log says so, in order, each once", async () => {
      const { log } = await open();
      const session = crypto.randomUUID();
      for (const id of ["a", "b", "c"])
        await log.append([stored(session, `${id}1`), stored(session, `${id}2`)]);
      await log.readable();
      expect(log.isAhead(session)).toBe(false);
      expect(await idsOf(clickhouse(), session)).toEqual(["a1", "a2", "b1", "b2", "c1", "c2"]);
      await log.close();
    });

    test("a follower gets every event once, in order, when it is readable", async () => {
      const { log, readable } = await open();
      const session = crypto.randomUUID();
      const events = ["a", "b", "c", "d"].map((id) => stored(session, id));
      for (const event of events) await log.append([event]);
      await log.readable();
      expect(readable).toEqual(events);
      await log.close();
    });

    test("closing the log completes every append", async () => {
      const { log, readable } = await open();
      const session = crypto.randomUUID();
      await log.append([stored(session, "last")]);
      await log.close();
      expect(readable.map(({ event }) => event.id)).toEqual(["last"]);
      expect(await idsOf(clickhouse(), session)).toEqual(["last"]);
    });
  });
}
