import type { Fleet } from "../fleet.ts";
import type { Customer } from "../http/caller.ts";
import { checkCommand, needsApproval, type Risk, risks } from "../model/command-kinds.ts";
import { hashPlan, type Plan } from "../model/plan.ts";

export interface RequestedCommand {
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  /** 0 to 9; the higher first. */
  readonly priority: number;
  readonly attemptsMax: number;
  /** From the request on, including the wait for approval. */
  readonly deadlineMs: number;
}

export interface SessionRequest {
  readonly deviceId: string;
  readonly reason: string;
  readonly fourEyes: boolean;
  readonly commands: readonly RequestedCommand[];
}

export interface DraftSession {
  readonly plan: Plan;
  readonly planHash: string;
  readonly status: "awaiting_approval" | "running";
  readonly createdAt: Date;
}

/** Turns a request into a draft: commands validated, risks determined, and the plan that an approver will be shown. */
export function draftSession(fleet: Fleet, customer: Customer, request: SessionRequest): DraftSession {
  const { now, limits } = fleet;
  const createdAt = new Date(now());
  const commands = request.commands.map((command, index) => {
    const { kind, version, parameters, priority, attemptsMax } = command;
    const { risk } = checkCommand(command, `/commands/${index}`);
    const deadlineAt = new Date(createdAt.getTime() + command.deadlineMs).toISOString();
    return { id: Bun.randomUUIDv7(), kind, version, parameters, risk, priority, attemptsMax, deadlineAt };
  });
  const mustBeApproved = commands.some((command) => needsApproval[command.risk]);
  const approvalExpiresAt = new Date(createdAt.getTime() + limits.approvalLifeMs).toISOString();
  const plan: Plan = {
    sessionId: Bun.randomUUIDv7(),
    customerId: customer.customerId,
    deviceId: request.deviceId,
    reason: request.reason,
    requestedBy: customer.actor.id,
    fourEyes: request.fourEyes || commands.some(({ risk }) => isAtLeast(risk, limits.fourEyesFrom)),
    approvalExpiresAt: mustBeApproved ? approvalExpiresAt : null,
    commands,
  };
  const status = mustBeApproved ? "awaiting_approval" : "running";
  return { plan, planHash: hashPlan(plan), status, createdAt };
}

function isAtLeast(risk: Risk, least: Risk | null): boolean {
  return least !== null && risks.indexOf(risk) >= risks.indexOf(least);
}
