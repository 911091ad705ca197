import { sessionCookies } from "../../identity/session-cookies.ts";
import type { HeaderList } from "../../model/header-list.ts";

const names: ReadonlySet<string> = new Set(Object.values(sessionCookies));
const prefix = "__Host-cartway-";

/** Takes the cookies that hold tokens out of what the service gets, and leaves the others as they are. */
export function withholdSessionCookies(headers: HeaderList): void {
  const cookies = headers.get("cookie");
  if (cookies === null || !cookies.includes(prefix)) return;
  const kept = cookies.split(";").filter((pair) => !names.has((pair.split("=", 1)[0] ?? "").trim()));
  if (kept.length === 0) headers.delete("cookie");
  else headers.set("cookie", kept.join(";").trim());
}
