import { messageOf } from "@libs/errors";
import type { AskedRequest, Explanation } from "../explanation.ts";
import type { LiveGateway } from "./read-arguments.ts";

/** Requests an explanation from a running gateway. @throws Error with its answer where there is none. */
export async function askLive(
  { url, tokenFile }: LiveGateway,
  { method, url: asked, headers, peerIp, caller }: AskedRequest,
): Promise<Explanation> {
  const file = Bun.file(tokenFile);
  if (!(await file.exists()))
    throw new Error(`there is no token in ${tokenFile}: name the file of the gateway's own by --token-file`);
  const token = (await file.text()).trim();
  const answer = await fetch(`${url}/explain`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ method, url: asked, headers, peerIp, caller }),
    signal: AbortSignal.timeout(10_000),
  }).catch((thrown: unknown) => {
    throw new Error(
      `no gateway answers at ${url}, where its admin port was looked for: ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as Explanation;
}
