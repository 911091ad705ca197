import { createServer, type TLSSocket } from "node:tls";
import type { KeyPair } from "@libs/testing";
import { encodeFields, type Field, frame, frameTypes, preface } from "../clients/http2-frames.ts";

export interface RawHttp2Upstream extends AsyncDisposable {
  readonly url: string;
  /** Request heads that arrived so far. */
  readonly requests: number;
}

const acknowledgement = 1;
const endHeaders = 4;
/** `:status 200` in HPACK's static table. */
const statusOk = Buffer.of(0x88);

/** An HTTP/2 service that does what no HTTP server does: it is given each request's stream and the naked connection. */
export async function startRawHttp2Upstream(
  pair: KeyPair,
  onRequest: (socket: TLSSocket, stream: number) => void,
): Promise<RawHttp2Upstream> {
  let requests = 0;
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...pair, ALPNProtocols: ["h2"] }, (socket) => {
    let received = Buffer.alloc(0);
    let readUpTo = preface.length;
    sockets.add(socket);
    // the other side may reset the connection
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.write(frame(frameTypes.settings, 0, 0, Buffer.alloc(0)));
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= readUpTo + 9) {
        const head = received.subarray(readUpTo, readUpTo + 9);
        const end = readUpTo + 9 + head.readUIntBE(0, 3);
        if (received.length < end) return;
        readUpTo = end;
        const isSettings = head[3] === frameTypes.settings && (head[4] ?? 0) !== acknowledgement;
        if (isSettings) socket.write(frame(frameTypes.settings, acknowledgement, 0, Buffer.alloc(0)));
        if (head[3] !== frameTypes.headers) continue;
        requests += 1;
        onRequest(socket, head.readUInt32BE(5));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return {
    url: `https://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** RFC 9113, section 6.4. */
export const resetOf = (stream: number, code: number): Buffer =>
  frame(frameTypes.reset, 0, stream, Buffer.of(0, 0, 0, code));

/** RFC 9113, section 6.8, without an error. @param lastStream may have been processed, later ones were not. */
export const goAwayAfter = (lastStream: number): Buffer =>
  frame(frameTypes.goAway, 0, 0, Buffer.of(0, 0, 0, lastStream, 0, 0, 0, 0));

/** The head of a 200 with these fields; its body follows. */
export const answerHead = (stream: number, fields: readonly Field[]): Buffer =>
  frame(frameTypes.headers, endHeaders, stream, Buffer.concat([statusOk, encodeFields(fields)]));

/** Answered as soon as everything before it was read (RFC 9113, section 6.7). */
export const ping = frame(frameTypes.ping, 0, 0, Buffer.alloc(8));
