import { isIP } from "node:net";

export interface ListenPlace {
  readonly hostname: string;
  readonly port: number;
  /** The variable that sets the port, for whoever reads the message. */
  readonly portSetting: string;
}

/** A port that could not be opened, told for the person who starts the app: nothing in a stack would help them. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** `thrown` as a `ListenError` where the address is at fault; as it is otherwise. */
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
      // Bun says the same of a name that nobody knows
      return isIP(hostname) === 0 && hostname !== "localhost"
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
