import { sessionCookies } from "../../identity/session-cookies.ts";
import type { HeaderList } from "../../model/http/header-list.ts";

const names: ReadonlySet<string> = new Set(Object.values(sessionCookies));
const prefix = "__Host-cartway-";

/** Removes cookies with tokens from the service's request, and leaves the others unchanged. */
export function withholdSessionCookies(headers: HeaderList): void {
  const cookies = headers.get("cookie");
  if (cookies === null || !cookies.includes(prefix)) return;
  const kept = cookies.split(";").filter((pair) => !names.has((pair.split("=", 1)[0] ?? "").trim()));
  if (kept.length === 0) headers.delete("cookie");
  else headers.set("cookie", kept.join(";").trim());
}
