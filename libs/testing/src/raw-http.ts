import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; repeated fields are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything received until the server closed. */
  readonly text: string;
}

/**
 * Writes raw bytes to a TCP port and reads until the server closes, for requests that no HTTP client would send. Add `Connection: close`
 * to a request after which the server would keep the connection open. Status 0: closed without sending a byte.
 */
export function sendRaw(port: number, bytes: string | Uint8Array, timeoutMs = 10_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(bytes));
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no end of the answer after ${timeoutMs} ms`)),
    );
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("close", () => resolve(parseAnswer(Buffer.concat(chunks).toString("latin1"))));
  });
}

function parseAnswer(text: string): RawAnswer {
  const headEnd = text.indexOf("\r\n\r\n");
  const head = headEnd < 0 ? text : text.slice(0, headEnd);
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const body = headEnd < 0 ? "" : text.slice(headEnd + 4);
  return { status: Number(statusLine.split(" ")[1] ?? 0), headers, body, text };
}
