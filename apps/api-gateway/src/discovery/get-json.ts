/** Largest answer that is read. */
const bytesMax = 32 * 1024 * 1024;

/** An error status from a provider, as opposed to no answer at all. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Authority that the server's certificate must be signed by, PEM; those of the system where absent. */
  readonly ca?: string;
}

/** Sends the request and returns the response with its body unread. @throws ProviderError for any status but 2xx. */
export async function get(url: string, { headers, signal, ca }: GetOptions): Promise<Response> {
  const options = {
    headers,
    signal,
    redirect: "error",
    // the environment's HTTP_PROXY is not meant for services of the cluster
    proxy: false,
    ...(ca === undefined ? {} : { tls: { ca } }),
  };
  const response = await fetch(url, options as unknown as RequestInit);
  if (response.ok) return response;
  const said = (await readText(response)).slice(0, 200);
  throw new ProviderError(response.status, `${response.status} ${said}`);
}

/** A body as JSON, bounded. */
export async function readJson(response: Response): Promise<unknown> {
  return JSON.parse(await readText(response));
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body === null) return "";
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
