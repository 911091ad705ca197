import { createServer, type Server, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { type WirePiece, WireReader } from "./wire-reader.ts";

export interface EngineServer {
  /** Answers what is in progress, then closes every connection. */
  stop(): Promise<void>;
}

interface Connection {
  readonly socket: Socket;
  readonly reader: WireReader;
}

interface Waiting {
  readonly connection: Connection;
  readonly bytes: Uint8Array;
}

const noEncryption = Buffer.from("N");
const rollback = Buffer.from("Q\0\0\0\rROLLBACK\0");

/**
 * Serves the engine's only session on a unix socket. A run of messages is executed as a whole and answered with one write, because each
 * write wakes the client's thread. While a connection is in a transaction, the others' runs wait for its end; if the connection is lost,
 * the transaction is rolled back. Rejects where the path cannot be listened on.
 */
export async function serveEngine(engine: PGlite, path: string): Promise<EngineServer> {
  const connections = new Set<Connection>();
  const waiting: Waiting[] = [];
  let underWay: Promise<void> | null = null;
  /** The connection with an open transaction, or with messages that await their Sync. */
  let owner: Connection | null = null;

  async function execute({ connection, bytes }: Waiting): Promise<void> {
    const answers: Buffer[] = [];
    // the bytes are the engine's own memory, so they are copied
    await engine.execProtocolRawStream(bytes, { onRawData: (data) => void answers.push(Buffer.from(data)) });
    const answer = answers.length === 1 && answers[0] !== undefined ? answers[0] : Buffer.concat(answers);
    owner = isAtRest(answer) ? null : connection;
    if (answer.length > 0 && connection.socket.writable) connection.socket.write(answer);
  }

  async function executeAll(): Promise<void> {
    for (;;) {
      const index = waiting.findIndex(({ connection }) => owner === null || owner === connection);
      const [next] = index === -1 ? [] : waiting.splice(index, 1);
      if (next === undefined) return;
      await execute(next).catch(() => next.connection.socket.destroy());
    }
  }

  function run(connection: Connection, bytes: Uint8Array): void {
    waiting.push({ connection, bytes });
    underWay ??= executeAll().finally(() => (underWay = null));
  }

  function take(connection: Connection, piece: WirePiece): void {
    if ("bytes" in piece) run(connection, piece.bytes);
    else if (piece.kind === "encryption") connection.socket.write(noEncryption);
    // the engine cannot be interrupted
    else connection.socket.end();
  }

  function forget(connection: Connection): void {
    connections.delete(connection);
    for (let index = waiting.length - 1; index >= 0; index -= 1)
      if (waiting[index]?.connection === connection) waiting.splice(index, 1);
    // after the run in progress, which may be the one that opens a transaction
    void Promise.resolve(underWay).then(() => owner === connection && run(connection, rollback));
  }

  const server = createServer((socket) => {
    const connection: Connection = { socket, reader: new WireReader() };
    connections.add(connection);
    socket.on("data", (bytes: Buffer) => {
      for (const piece of connection.reader.read(bytes)) take(connection, piece);
    });
    // the `close` event follows and is sufficient
    socket.on("error", () => undefined);
    socket.on("close", () => forget(connection));
  });
  await listen(server, path);
  return {
    async stop() {
      await underWay;
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const { socket } of connections) socket.destroy();
      await closed;
      await underWay;
    },
  };
}

/** Whether an answer ends with ReadyForQuery outside a transaction. */
function isAtRest(answer: Buffer): boolean {
  return answer.subarray(-6).equals(readyOutside);
}

const readyOutside = Buffer.from("Z\0\0\0\x05I");

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
