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
 * One query to one server: over UDP from a fresh port, and again over TCP if the answer was truncated (RFC 7766). Messages that do
 * not answer this query are ignored. Rejects on timeout.
 */
export async function exchange(
  server: DnsServer,
  question: DnsQuestion,
  { timeoutMs, signal }: ExchangeOptions,
): Promise<DnsMessage> {
  const [id = 0] = crypto.getRandomValues(new Uint16Array(1));
  const query = encodeQuery(id, question.name, question.type);
  const readAnswer = (bytes: Uint8Array): DnsMessage | null => {
    const message = decodeMessage(bytes);
    return isAnswerTo(message, id, question) ? message : null;
  };
  const call = { query, readAnswer, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) };
  const message = await overUdp(server, call);
  return message.isTruncated ? await overTcp(server, call) : message;
}

interface DnsCall {
  readonly query: Uint8Array;
  /** The message in these bytes; `null` if it does not answer the query. @throws Error if they are not a DNS message */
  readonly readAnswer: (bytes: Uint8Array) => DnsMessage | null;
  readonly signal: AbortSignal;
}

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

/** Only while the result of `settled` is awaited: nobody would handle a later rejection. */
function rejectOnAbort(settled: PromiseWithResolvers<DnsMessage>, signal: AbortSignal): () => void {
  const abort = (): void => settled.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}

async function overUdp({ host, port }: DnsServer, { query, readAnswer, signal }: DnsCall) {
  const settled = Promise.withResolvers<DnsMessage>();
  const socket = await Bun.udpSocket({
    // a socket is of one family, which has to be the server's
    hostname: host.includes(":") ? "::" : "0.0.0.0",
    connect: { hostname: host, port },
    socket: {
      data(_socket, bytes) {
        // anybody can send to a UDP port: invalid messages are ignored like those for another query
        try {
          const message = readAnswer(bytes);
          if (message !== null) settled.resolve(message);
        } catch {
          return;
        }
      },
      // ICMP port unreachable
      error: (...cause) =>
        settled.reject(new Error(`the DNS server ${host}:${port} cannot be reached`, { cause })),
    },
  });
  const leave = rejectOnAbort(settled, signal);
  try {
    signal.throwIfAborted();
    socket.send(query);
    return await settled.promise;
  } finally {
    leave();
    socket.close();
  }
}

async function overTcp({ host, port }: DnsServer, { query, readAnswer, signal }: DnsCall) {
  signal.throwIfAborted();
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
          const message = readAnswer(received.subarray(2, length + 2));
          if (message === null) throw new Error("the DNS server's response does not match the query");
          if (message.isTruncated) throw new Error("the DNS server's response is truncated over TCP too");
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
    // also while it is still connecting at the timeout; a server that hangs would keep a half-closed one open
    connecting.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}
