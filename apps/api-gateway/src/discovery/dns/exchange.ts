import { type DnsMessage, decodeMessage, encodeQuery } from "./message.ts";

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

export interface DnsQuestion {
  /** Fully qualified. */
  readonly name: string;
  readonly type: number;
}

export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** RFC 1035's limit of a message over TCP. */
const tcpBytesMax = 65_535;

/**
 * One question to one server: over UDP from a port of its own, and again over TCP where the answer was cut short (RFC 7766). What
 * does not answer this very question is not heard. Rejects when time is up.
 */
export async function exchange(
  server: DnsServer,
  question: DnsQuestion,
  { timeoutMs, signal }: ExchangeOptions,
): Promise<DnsMessage> {
  const [id = 0] = crypto.getRandomValues(new Uint16Array(1));
  const query = encodeQuery(id, question.name, question.type);
  const hear = (bytes: Uint8Array): DnsMessage | null => {
    const message = decodeMessage(bytes);
    return isAnswerTo(message, id, question) ? message : null;
  };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const message = await overUdp(server, query, hear, bounded);
  return message.isTruncated ? await overTcp(server, query, hear, bounded) : message;
}

type Hear = (bytes: Uint8Array) => DnsMessage | null;

function isAnswerTo(message: DnsMessage, id: number, { name, type }: DnsQuestion): boolean {
  const asked = message.question;
  return (
    message.isResponse &&
    message.id === id &&
    asked !== null &&
    asked.type === type &&
    asked.name === name.replace(/\.$/, "").toLowerCase()
  );
}

/** Settles `settled` as soon as the signal is aborted. */
function rejectOnAbort(settled: PromiseWithResolvers<DnsMessage>, signal: AbortSignal): () => void {
  const abort = (): void => settled.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}

async function overUdp({ host, port }: DnsServer, query: Uint8Array, hear: Hear, signal: AbortSignal) {
  const settled = Promise.withResolvers<DnsMessage>();
  const leave = rejectOnAbort(settled, signal);
  const socket = await Bun.udpSocket({
    connect: { hostname: host, port },
    socket: {
      data(_socket, bytes) {
        // Anybody can send to a UDP port: what cannot be read is passed over like what is for another question.
        try {
          const message = hear(bytes);
          if (message !== null) settled.resolve(message);
        } catch {
          return;
        }
      },
      // A port where nobody listens, as the network tells it.
      error: (...told) =>
        settled.reject(new Error(`the DNS server ${host}:${port} cannot be reached`, { cause: told })),
    },
  });
  try {
    socket.send(query);
    return await settled.promise;
  } finally {
    leave();
    socket.close();
  }
}

async function overTcp({ host, port }: DnsServer, query: Uint8Array, hear: Hear, signal: AbortSignal) {
  const settled = Promise.withResolvers<DnsMessage>();
  const leave = rejectOnAbort(settled, signal);
  let received = Buffer.alloc(0);
  const connecting = Bun.connect({
    hostname: host,
    port,
    socket: {
      open: (socket) =>
        void socket.write(Buffer.concat([Uint8Array.of(query.length >> 8, query.length & 255), query])),
      data(_socket, chunk) {
        received = Buffer.concat([received, chunk]);
        const length = received.length < 2 ? tcpBytesMax : received.readUInt16BE(0);
        if (received.length < length + 2) return;
        try {
          const message = hear(received.subarray(2, length + 2));
          if (message === null) throw new Error("the DNS server answered another question");
          settled.resolve(message);
        } catch (thrown) {
          settled.reject(thrown);
        }
      },
      error: (_socket, error) => settled.reject(error),
      close: () => settled.reject(new Error("the DNS server closed the connection")),
    },
  });
  connecting.catch(settled.reject);
  try {
    return await settled.promise;
  } finally {
    leave();
    // Also where it is still being opened when time is up.
    connecting.then(
      (socket) => socket.end(),
      () => undefined,
    );
  }
}
