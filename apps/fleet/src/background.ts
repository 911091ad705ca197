import { buryCommands } from "./commands/bury-commands.ts";
import { completeLeftSessions } from "./commands/complete-session.ts";
import type { Fleet } from "./fleet.ts";
import { noticeSilence } from "./heartbeats/notice-silence.ts";
import { repeat } from "./repeat.ts";
import { deleteOld } from "./retention/delete-old.ts";
import { expireSessions } from "./sessions/expire-sessions.ts";

const everyMs = 1000;
const statusesEveryMs = 100;
const silenceEveryMs = 5000;
const leftEveryMs = 30_000;
const deleteEveryMs = 600_000;

/** What time does: every instance may do it, each piece is done once. @returns what ends it */
export function startBackground(fleet: Fleet): () => Promise<void> {
  const { logger } = fleet;
  const ends = [
    repeat(() => fleet.feeder.restore(), { name: "bring commands into the queue", everyMs, logger }),
    repeat(() => buryCommands(fleet), { name: "bury commands", everyMs, logger }),
    repeat(() => completeLeftSessions(fleet), {
      name: "end sessions",
      everyMs: leftEveryMs,
      logger,
    }),
    repeat(() => deleteOld(fleet), { name: "delete what is old", everyMs: deleteEveryMs, logger }),
    repeat(() => expireSessions(fleet), { name: "expire approvals", everyMs, logger }),
    repeat(() => fleet.heartbeats.writeStatuses(), {
      name: "write statuses",
      everyMs: statusesEveryMs,
      logger,
    }),
    repeat(() => fleet.heartbeats.writeMetrics(), { name: "write heartbeats", everyMs, logger }),
    repeat(() => noticeSilence(fleet), { name: "notice silent devices", everyMs: silenceEveryMs, logger }),
  ];
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}
