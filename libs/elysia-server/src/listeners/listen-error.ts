import { parseIp } from "@libs/ip";

export interface ListenPlace {
  readonly hostname: string;
  readonly port: number;
  /** The environment variable that sets the port, for the message. */
  readonly portSetting: string;
}

/** A port that could not be opened, described for the person who starts the app: a stack would not help them. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Converts `thrown` where the address is the cause; otherwise returns it unchanged. */
export function toListenError(thrown: unknown, { hostname, port, portSetting }: ListenPlace): unknown {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  const reason = reasonOf(code, hostname);
  if (reason === null) return thrown;
  const hint = code === "EADDRNOTAVAIL" ? "" : `: set ${portSetting} to another one`;
  return new ListenError(`port ${port} of ${hostname} ${reason}${hint}`);
}

function reasonOf(code: unknown, hostname: string): string | null {
  switch (code) {
    case "EADDRINUSE":
      // Bun reports the same error for a host name that does not resolve
      return parseIp(hostname) === null && hostname !== "localhost"
        ? "is taken, or the name is none of this machine's"
        : "is taken by another process";
    case "EACCES":
      return "needs rights that this process does not have";
    case "EADDRNOTAVAIL":
      return "cannot be opened: the address is none of this machine's";
    default:
      return null;
  }
}
