import { startBackground } from "@libs/elysia-server";
import { buryCommands } from "./commands/bury-commands.ts";
import { completeLeftSessions } from "./commands/complete-session.ts";
import type { Fleet } from "./fleet.ts";
import { markSilentDevices } from "./heartbeats/mark-silent-devices.ts";
import { deleteOld } from "./retention/delete-old.ts";
import { expireSessions } from "./sessions/expire-sessions.ts";

const everyMs = 1000;
const statusesEveryMs = 100;
const silenceEveryMs = 5000;
const leftEveryMs = 30_000;
const deleteEveryMs = 600_000;

/** Periodic work: every instance may run it, each piece is done once. @returns a function that stops it */
export function startFleetBackground(fleet: Fleet): () => Promise<void> {
  return startBackground(
    [
      { name: "bring commands into the queue", everyMs, work: () => fleet.feeder.restore() },
      { name: "bury commands", everyMs, work: () => buryCommands(fleet) },
      { name: "end sessions", everyMs: leftEveryMs, work: () => completeLeftSessions(fleet) },
      { name: "delete what is old", everyMs: deleteEveryMs, work: () => deleteOld(fleet) },
      { name: "expire approvals", everyMs, work: () => expireSessions(fleet) },
      { name: "write statuses", everyMs: statusesEveryMs, work: () => fleet.heartbeats.writeStatuses() },
      { name: "write heartbeats", everyMs, work: () => fleet.heartbeats.writeMetrics() },
      { name: "mark silent devices", everyMs: silenceEveryMs, work: () => markSilentDevices(fleet) },
    ],
    fleet.logger,
  );
}
