/** What a shop lets its agent do. Nothing else is ever executed, whatever the fleet says. */
export interface AgentPermissions {
  /** Logs that may be collected, by the name that commands use: the path of a file. */
  readonly logs: Readonly<Record<string, string>>;
  /** Services that may be restarted, by name: the command and its arguments. No shell reads them. */
  readonly services: Readonly<Record<string, readonly string[]>>;
  /** A file of settings that may be changed; absent where none may. */
  readonly settingsFile?: string;
  /** Starts the machine anew; absent where that may not be. */
  readonly rebootCommand?: readonly string[];
}

export interface Outcome {
  readonly outcome: "succeeded" | "failed" | "refused";
  readonly message: string;
  readonly output: unknown;
}

export interface HandlerContext {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly permissions: AgentPermissions;
  /** Aborts when nobody waits for the outcome any more. */
  readonly signal: AbortSignal;
}

/** Executes one version of one kind. What it throws is a failure with that message. */
export type CommandHandler = (context: HandlerContext) => Promise<Outcome>;

export function succeeded(output: unknown, message = ""): Outcome {
  return { outcome: "succeeded", message, output };
}

export function refused(message: string): Outcome {
  return { outcome: "refused", message, output: null };
}
