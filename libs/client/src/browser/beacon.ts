import type { OutboxEntry } from "../outbox/outbox-store.ts";

export interface BeaconOptions {
  /** Messages of this type can be posted; others wait for the next page. */
  readonly type: string;
  /** Takes an array of payloads as JSON in `text/plain`, from anybody: the platform's is `/api/beacons`. */
  readonly url: string;
}

/** Of JSON a browser asks the other origin first, in a request that a page which is being left does not get to make. */
const contentType = "text/plain;charset=UTF-8";

/** What a browser lets leave with the page. */
const bytesMax = 60_000;

/**
 * Posts what is still unanswered while the page goes away. It stays in the queue all the same and is sent again by the next
 * page, under the same ids: the service counts each once.
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
    const text = JSON.stringify({ id, sessionId, ...(entry.payload as object) });
    if (bytes + text.length * 3 > bytesMax) flush();
    payloads.push(text);
    bytes += new Blob([text]).size + 1;
  }
  flush();
}
