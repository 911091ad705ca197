import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { type RawUpstream, startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";

/**
 * A service that writes its handshake answer and further bytes in one segment; with `null`, it never answers. Later bytes are passed to
 * `onSocket`; `more` are additional header lines.
 */
export function startHandshakeService(
  bytes: Buffer | null,
  onSocket: (socket: Socket) => void = () => undefined,
  more: readonly string[] = [],
): Promise<RawUpstream> {
  return startRawUpstream((socket, head) => {
    if (bytes === null) return;
    answerHandshake(socket, head, { bytes, more });
    onSocket(socket);
  });
}

export function answerHandshake(
  socket: Socket,
  head: string,
  { bytes = Buffer.alloc(0), more = [] }: { readonly bytes?: Buffer; readonly more?: readonly string[] } = {},
): void {
  const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: WebSocket",
    "Connection: keep-alive, upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...more,
  ];
  socket.write(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), bytes]));
}
