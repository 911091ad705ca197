import { messageOf } from "@libs/errors";
import type { FleetApi, HeldCommand } from "./fleet-api.ts";
import { type AgentPermissions, type Outcome, storable } from "./kinds/command-handler.ts";
import { commandHandlers } from "./kinds/registry.ts";

/** The fleet takes 2,000. */
const messageCharsMax = 1000;

export interface Execution {
  readonly command: HeldCommand;
  readonly permissions: AgentPermissions;
  readonly api: Pick<FleetApi, "extend">;
  readonly visibilityMs: number;
  /** Aborts when the command was cancelled. */
  readonly signal: AbortSignal;
}

/** Executes a command and extends its claim meanwhile. Never rejects: a failure is the outcome. */
export async function executeCommand(execution: Execution): Promise<Outcome> {
  const { command, permissions, api, visibilityMs, signal } = execution;
  const name = `${command.kind} ${command.version}`;
  const handler = Object.hasOwn(commandHandlers, name) ? commandHandlers[name] : undefined;
  if (handler === undefined) {
    return { outcome: "refused", message: `this agent does not know ${name}`, output: null };
  }
  // if extending fails the claim lapses and the result is refused; continuing is still the best option
  const keep = setInterval(
    () => void api.extend(command, visibilityMs).catch(() => undefined),
    visibilityMs / 3,
  );
  try {
    return await handler({ parameters: command.parameters, permissions, signal });
  } catch (error) {
    return {
      outcome: "failed",
      message: storable(messageOf(error).slice(0, messageCharsMax)),
      output: null,
    };
  } finally {
    clearInterval(keep);
  }
}
