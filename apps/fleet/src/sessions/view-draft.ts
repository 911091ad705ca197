import type { HistoryEntry } from "../audit/read-audit.ts";
import type { Customer } from "../http/caller.ts";
import { needsApproval } from "../model/command-kinds.ts";
import type { DraftSession } from "./draft-session.ts";
import type { SessionView } from "./find-sessions.ts";

/** The view of a session just after it was written: the same as reading it back. */
export function viewDraft(
  { plan, planHash, status, createdAt }: DraftSession,
  { actor }: Customer,
): SessionView {
  const { sessionId, deviceId, reason, requestedBy, fourEyes } = plan;
  const at = createdAt.toISOString();
  const commandStatus = status === "running" ? "queued" : "awaiting_approval";
  const begun = { at, from: null, actor } as const;
  const history: readonly HistoryEntry[] = [
    { ...begun, subject: "session", subjectId: sessionId, event: "open", to: status, details: { reason } },
    ...plan.commands.map(
      ({ id }): HistoryEntry => ({
        ...begun,
        subject: "command",
        subjectId: id,
        event: "ask",
        to: commandStatus,
        details: null,
      }),
    ),
  ];
  return {
    id: sessionId,
    deviceId,
    status,
    reason,
    requestedBy,
    createdAt: at,
    endedAt: null,
    fourEyes,
    plan,
    planHash,
    decision: null,
    commands: plan.commands.map((command) => ({
      ...command,
      sessionId,
      deviceId,
      needsApproval: needsApproval[command.risk],
      attempts: 0,
      status: commandStatus,
      result: null,
      deadReason: null,
      createdAt: at,
      updatedAt: at,
    })),
    history,
  };
}
