/** What a shop permits its agent to do. Nothing else is ever executed, whatever the fleet requests. */
export interface AgentPermissions {
  /** Logs that may be collected, by the name that commands use: the path of a file. */
  readonly logs: Readonly<Record<string, string>>;
  /** Services that may be restarted, by name: the command and its arguments, run without a shell. */
  readonly services: Readonly<Record<string, readonly string[]>>;
  /** A file of settings that may be changed; absent where none may. */
  readonly settingsFile?: string;
  /** Reboots the machine; absent where that is not permitted. */
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
  /** Aborts when the outcome is no longer needed. */
  readonly signal: AbortSignal;
}

/** Executes one version of one kind. A thrown error is a failure with its message. */
export type CommandHandler = (context: HandlerContext) => Promise<Outcome>;

/** What a program or a file says, without the characters that no store keeps: NUL, and halves of a character that was cut. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "");
}

export function succeeded(output: unknown, message = ""): Outcome {
  return { outcome: "succeeded", message, output };
}

export function refused(message: string): Outcome {
  return { outcome: "refused", message, output: null };
}
