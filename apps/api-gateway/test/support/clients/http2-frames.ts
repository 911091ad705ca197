import { connect } from "node:tls";

/** A header field as written to the wire: latin1 bytes, unchecked. */
export type Field = readonly [name: string, value: string];

export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7 } as const;
const endStream = 1;
const endHeaders = 4;

/** RFC 9113, section 4.1. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Every field a literal without Huffman coding (RFC 7541, section 6.2.2), so that any byte can be said. */
export function encodeFields(fields: readonly Field[]): Buffer {
  const zero = Buffer.of(0);
  return Buffer.concat(fields.flatMap(([name, value]) => [zero, encodeText(name), encodeText(value)]));
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export const headersOf = (fields: readonly Field[], isLast = true): Buffer =>
  frame(frameTypes.headers, isLast ? endHeaders | endStream : endHeaders, 1, encodeFields(fields));

export const dataOf = (text: string, isLast = true, stream = 1): Buffer =>
  frame(frameTypes.data, isLast ? endStream : 0, stream, Buffer.from(text, "latin1"));

/** The n-th stream of a client, opened and reset at once (CVE-2023-44487). */
export function openedAndReset(index: number, fields: Buffer): Buffer {
  const stream = index * 2 + 1;
  const cancel = Buffer.of(0, 0, 0, 8);
  return Buffer.concat([
    frame(frameTypes.headers, endHeaders | endStream, stream, fields),
    frame(frameTypes.reset, 0, stream, cancel),
  ]);
}

export interface Http2Outcome {
  /** Bytes of the answer's body. */
  readonly body: string;
  /** Whether the stream was answered with headers, and not only reset. */
  readonly isAnswered: boolean;
  readonly isRefused: boolean;
}

export const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Sends the frames on the first stream of a connection and waits until that stream, or the connection, is over. */
export async function speakHttp2(port: number, ca: string, frames: readonly Buffer[]): Promise<Http2Outcome> {
  const socket = connect({ host: "127.0.0.1", port, ca, ALPNProtocols: ["h2"] });
  const outcome = { body: "", isAnswered: false, isRefused: false };
  let received = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", () =>
      socket.write(
        Buffer.concat([Buffer.from(preface), frame(frameTypes.settings, 0, 0, Buffer.alloc(0)), ...frames]),
      ),
    );
    socket.once("close", () => resolve());
    socket.once("error", reject);
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const length = received.length < 9 ? Infinity : 9 + received.readUIntBE(0, 3);
        if (received.length < length) return;
        const [type, flags, stream] = [received[3], received[4] ?? 0, received.readUInt32BE(5)];
        const payload = received.subarray(9, length);
        received = received.subarray(length);
        outcome.isRefused ||= type === frameTypes.goAway || (type === frameTypes.reset && stream === 1);
        outcome.isAnswered ||= type === frameTypes.headers;
        if (type === frameTypes.data) outcome.body += payload.toString("latin1");
        const isOver = stream === 1 && (type === frameTypes.data || type === frameTypes.headers);
        if (outcome.isRefused || (isOver && (flags & endStream) > 0)) return resolve();
      }
    });
  });
  socket.destroy();
  return outcome;
}
