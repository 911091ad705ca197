import type { PortSharing } from "@libs/elysia-server";

/** What a process is told when it is started as a worker. */
export interface Assignment {
  /** From 1; one that takes the place of another has its number. */
  readonly number: number;
  readonly port: number;
  readonly portSharing: PortSharing;
}

/** Set by the supervisor for the processes that it starts, and by nobody else. */
export const assignmentVariable = "CARTWAY_WORKER";

export function writeAssignment({ number, port, portSharing }: Assignment): string {
  return `${number}:${port}:${portSharing}`;
}

/** `null` for a process that is no worker. @throws Error where somebody else set the variable. */
export function readAssignment(variables: Readonly<Record<string, string | undefined>>): Assignment | null {
  const text = variables[assignmentVariable];
  if (text === undefined) return null;
  const [, number, port, sharing] = /^(\d+):(\d+):(first|joined)$/.exec(text) ?? [];
  if (number === undefined || port === undefined)
    throw new Error(`${assignmentVariable} is for the processes that --workers starts: do not set it`);
  return {
    number: Number(number),
    port: Number(port),
    portSharing: sharing === "first" ? "first" : "joined",
  };
}
