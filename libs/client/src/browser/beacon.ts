import type { OutboxEntry } from "../outbox/outbox-store.ts";

export interface BeaconOptions {
  /** Only messages of this type are posted; others wait for the next page. */
  readonly type: string;
  /** Accepts an array of payloads as JSON in `text/plain`, without authentication: the platform's is `/api/beacons`. */
  readonly url: string;
}

/** JSON would need a CORS preflight, which a page that is being left cannot make. */
const contentType = "text/plain;charset=UTF-8";

/** Browsers limit what can be sent while a page is left. */
const bytesMax = 60_000;

/**
 * Posts unacknowledged messages while the page is left. They also stay in the queue, and the next page sends them again under the same
 * ids; the service counts each once.
 */
export function sendBeacons(
  entries: readonly OutboxEntry[],
  { type, url }: BeaconOptions,
  send: (url: string, body: Blob) => boolean,
): void {
  let payloads: string[] = [];
  let bytes = 2;
  const flush = (): void => {
    if (payloads.length > 0) send(url, new Blob([`[${payloads.join(",")}]`], { type: contentType }));
    payloads = [];
    bytes = 2;
  };
  for (const entry of entries) {
    if (entry.type !== type) continue;
    const { id, sessionId } = entry;
    const payload = entry.payload as object;
    // in the order in which the hub fills them in: the next page sends it again, and other bytes would be another event
    const text = JSON.stringify({ ...payload, id, sessionId, ...payload });
    if (bytes + text.length * 3 > bytesMax) flush();
    payloads.push(text);
    bytes += new Blob([text]).size + 1;
  }
  flush();
}
