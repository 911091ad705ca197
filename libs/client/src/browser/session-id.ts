import { createId } from "../wire.ts";
import type { KeptTexts } from "./page.ts";

const key = "cartway.session";

/** A visit's id, shared by reloads and tabs. It grants access to the session's room, so it is random, and kept locally. */
export function keptSessionId(storage: KeptTexts | undefined): string {
  try {
    const kept = storage?.getItem(key);
    if (kept && kept.length >= 16) return kept;
    const made = createId();
    storage?.setItem(key, made);
    return made;
  } catch {
    // storage is forbidden, as in a private window: the session ends with the page
    return createId();
  }
}
