import { within } from "@libs/elysia-server";
import { type Assignment, assignmentVariable, writeAssignment } from "./assignment.ts";
import type { Channel } from "./channel.ts";
import { forwardOutput, type LineSink } from "./forward-output.ts";

export interface WorkerExit {
  /** `null` if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface WorkerProcess {
  readonly pid: number;
  readonly channel: Channel;
  /** Resolves after all of its output was forwarded. */
  readonly exited: Promise<WorkerExit>;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

export type SpawnWorker = (assignment: Assignment) => WorkerProcess;

export interface SpawnWorkerOptions {
  /** The program, with its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: LineSink;
}

/** For what the process has left in its pipe. */
const lastLinesMs = 2000;

/** Starts workers in separate sessions: signals of the terminal reach only the supervisor, which stops them. */
export function createSpawnWorker({ command, env, output }: SpawnWorkerOptions): SpawnWorker {
  return (assignment) => {
    const onMessage: ((message: unknown) => void)[] = [];
    const onClosed: (() => void)[] = [];
    const child = Bun.spawn([...command], {
      env: { ...env, [assignmentVariable]: writeAssignment(assignment) },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      detached: true,
      serialization: "advanced",
      ipc: (message) => {
        for (const listener of onMessage) listener(message);
      },
      onDisconnect: () => {
        for (const listener of onClosed) listener();
      },
    });
    const forwarded = forwardOutput(child.stdout, output);
    return {
      pid: child.pid,
      channel: {
        send(message) {
          if (child.exitCode !== null || child.signalCode !== null) return;
          try {
            child.send(message);
          } catch {
            // It has just ended: `exited` reports it.
          }
        },
        onMessage: (listener) => void onMessage.push(listener),
        onClosed: (listener) => void onClosed.push(listener),
      },
      exited: child.exited.then(async () => {
        await within(forwarded, lastLinesMs);
        return { code: child.exitCode, signal: child.signalCode === null ? null : String(child.signalCode) };
      }),
      kill: (signal) => child.kill(signal),
    };
  };
}
