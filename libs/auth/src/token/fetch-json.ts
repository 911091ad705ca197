import { parseStrictJson } from "./strict-json.ts";

/** Fetches a JSON object. Rejects unless the answer is a 200 with unambiguous JSON, within the bounds of size and time. */
export type FetchJson = (url: string, init?: FetchJsonInit) => Promise<Readonly<Record<string, unknown>>>;

interface FetchJsonInit {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface FetchJsonOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** For the whole exchange, including the body. */
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
}

const jsonBounds = { depthMax: 16, membersMax: 8192 };

/** Fetches from identity providers: bounded in time and size, without following redirects. */
export function createFetchJson(options: FetchJsonOptions): FetchJson {
  const { fetch, timeoutMs, bodyBytesMax } = options;
  return async (url, init = {}) => {
    const response = await fetch(url, {
      method: init.method ?? "GET",
      headers: { accept: "application/json", ...init.headers },
      ...(init.body === undefined ? {} : { body: init.body }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`answered ${response.status}`);
    }
    const parsed = parseStrictJson(await readBounded(response, bodyBytesMax), jsonBounds);
    if (!parsed.ok) throw new Error(`answered no JSON object that could be read: ${parsed.fault}`);
    return parsed.value;
  };
}

async function readBounded(response: Response, bytesMax: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new Error(`answered more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
