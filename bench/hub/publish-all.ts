import { benchToken } from "./peers/cartway.ts";

export interface PublishAllOptions {
  readonly port: number;
  readonly rooms: number;
  /** Distributed over all rooms in turn. */
  readonly ratePerSec: number;
  readonly seconds: number;
}

const publishersMax = 32;
const publicationsMax = 500;

/** Publishes in an open loop: what is due is sent, in as few calls as possible. @returns how many were accepted */
export async function publishAll({ port, rooms, ratePerSec, seconds }: PublishAllOptions): Promise<number> {
  const headers = { authorization: `Bearer ${benchToken("bench")}` };
  const startedAt = performance.now();
  let [published, refused] = [0, 0];
  const publisher = async (): Promise<void> => {
    for (;;) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs >= seconds * 1000) return;
      const due = Math.min(publicationsMax, Math.floor((elapsedMs / 1000) * ratePerSec) - published);
      if (due <= 0) {
        await Bun.sleep(1);
        continue;
      }
      const first = published;
      published += due;
      const at = performance.now();
      const body = Array.from({ length: due }, (_, index) => ({
        channel: `room:shop:${(first + index) % rooms}`,
        frame: { type: "tick", payload: { at } },
      }));
      const response = await fetch(`http://127.0.0.1:${port}/hub/publish`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`publishing answered ${response.status}`);
      refused += (await response.text()).split('{"error":').length - 1;
    }
  };
  await Promise.all(Array.from({ length: publishersMax }, publisher));
  if (refused > 0) console.log(`${refused} of ${published} publications were refused`);
  return published - refused;
}
