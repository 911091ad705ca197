import type { PortSharing } from "@libs/elysia-server";

/** The assignment of a process that is started as a worker. */
export interface Assignment {
  /** From 1; a replacement keeps the number. */
  readonly number: number;
  readonly port: number;
  readonly portSharing: PortSharing;
}

/** Set only by the supervisor, for the processes that it starts. */
export const assignmentVariable = "CARTWAY_WORKER";

export function writeAssignment({ number, port, portSharing }: Assignment): string {
  return `${number}:${port}:${portSharing}`;
}

/** `null` for a process that is not a worker. @throws Error if the variable was set by something else. */
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
