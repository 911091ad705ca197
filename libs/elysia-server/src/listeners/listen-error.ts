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
  const code = codeOf(thrown);
  const reason = reasonOf(code, hostname);
  if (reason === null) return thrown;
  const hint = code === "EADDRNOTAVAIL" || code === "ENOTFOUND" ? "" : `: set ${portSetting} to another one`;
  return new ListenError(`port ${port} of ${hostname} ${reason}${hint}`);
}

function codeOf(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return null;
  if ("code" in thrown) return thrown.code;
  // what `Bun.listen` throws for a name that does not resolve
  return thrown.message.startsWith("Failed to listen at ") ? "ENOTFOUND" : null;
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
    case "ENOTFOUND":
      return "cannot be opened: the name is not known here (an IPv6 address is written without brackets)";
    default:
      return null;
  }
}
