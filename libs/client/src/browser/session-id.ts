import { createId } from "../wire.ts";
import type { KeptTexts } from "./page.ts";

const key = "cartway.session";

/** One id for the visit, over reloads and tabs. Whoever knows it may read the session's room: it is random and kept local. */
export function keptSessionId(storage: KeptTexts | undefined): string {
  try {
    const kept = storage?.getItem(key);
    if (typeof kept === "string" && kept.length >= 16) return kept;
    const made = createId();
    storage?.setItem(key, made);
    return made;
  } catch {
    // storage is forbidden, as in a private window: the session lives as long as the page
    return createId();
  }
}
