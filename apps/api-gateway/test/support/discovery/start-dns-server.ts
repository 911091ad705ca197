import { createServer, type Socket } from "node:net";
import { createEventLog, type EventLog } from "@libs/testing";

/** One record of a zone. `data` depends on the type: an address, a name, or `[priority, weight, port, name]`. */
export interface ZoneRecord {
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME" | "SRV";
  readonly ttl: number;
  readonly data: string | readonly [number, number, number, string];
}

export interface DnsServer extends AsyncDisposable {
  /** Address and port, over UDP and TCP. */
  readonly address: string;
  /** The queried names, with type and transport. */
  readonly asked: EventLog<string>;
  records: readonly ZoneRecord[];
  /** Seconds for which a negative answer may be cached. */
  negativeTtl: number;
  /** Whether an alias comes with what it leads to, as resolvers give it, or alone. */
  followsAliases: boolean;
  /** Replaces the answer: SERVFAIL, none at all, garbage, or over UDP the part that fits, which may end within a record. */
  trouble: "none" | "servfail" | "silent" | "garbage" | "truncated";
  /** The only type that the trouble is with; `null` for all. */
  troubledType: ZoneRecord["type"] | null;
  /** The only name that the trouble is with; `null` for all. */
  troubledName: string | null;
}

const types = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 } as const;

/** Within a record, as all of those here have more than one byte: some servers cut there. */
const cutAt = 512;

/** A small authoritative name server (RFC 1035) on real sockets, with name compression as real servers use it. */
export async function startDnsServer(
  records: readonly ZoneRecord[] = [],
  hostname: "127.0.0.1" | "::1" = "127.0.0.1",
): Promise<DnsServer> {
  const asked = createEventLog<string>();
  const tcpSockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    tcpSockets.add(socket);
    socket.on("close", () => tcpSockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const answer = answerTo(chunk.subarray(2), "tcp");
      if (answer === null) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([length, answer]));
    });
  });
  const port = await new Promise<number>((resolve) => {
    tcp.listen(0, hostname, () => {
      const address = tcp.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const udp = await Bun.udpSocket({
    hostname,
    port,
    socket: {
      data(socket, query, peerPort, peer) {
        const answer = answerTo(Buffer.from(query), "udp");
        if (answer !== null) socket.send(answer, peerPort, peer);
      },
    },
  });
  const server: DnsServer = {
    address: hostname === "::1" ? `[::1]:${port}` : `127.0.0.1:${port}`,
    asked,
    records,
    negativeTtl: 0,
    followsAliases: true,
    trouble: "none",
    troubledType: null,
    troubledName: null,
    async [Symbol.asyncDispose]() {
      udp.close();
      for (const socket of tcpSockets) socket.destroy();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };

  function answerTo(query: Buffer, over: "udp" | "tcp"): Buffer | null {
    const { name, type, end } = readQuestion(query);
    asked.push(`${name} ${type} ${over}`);
    const { troubledType, troubledName } = server;
    const isTroubled =
      (troubledType === null || types[troubledType] === type) &&
      (troubledName === null || troubledName === name);
    const trouble = isTroubled ? server.trouble : "none";
    if (trouble === "silent") return null;
    if (trouble === "garbage") return Buffer.from("this is no DNS message");
    const head = Buffer.from(query.subarray(0, end));
    const isCut = trouble === "truncated" && over === "udp";
    const found = trouble === "servfail" ? [] : find(server, name, type);
    const exists = server.records.some((record) => record.name === name);
    const rcode = trouble === "servfail" ? 2 : exists ? 0 : 3;
    head[2] = 0x84 | (isCut ? 2 : 0) | ((query[2] ?? 0) & 1);
    head[3] = rcode;
    head.writeUInt16BE(found.length, 6);
    head.writeUInt16BE(found.length === 0 && trouble === "none" ? 1 : 0, 8);
    head.writeUInt16BE(0, 10);
    const authority = found.length === 0 && trouble === "none" ? [encodeSoa(server.negativeTtl)] : [];
    const whole = Buffer.concat([head, ...found.map((record) => encodeRecord(record, name)), ...authority]);
    return isCut ? whole.subarray(0, cutAt) : whole;
  }

  return server;
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The records of a name; for an alias, the alias and the records it leads to. */
function find(
  { records, followsAliases }: Pick<DnsServer, "records" | "followsAliases">,
  name: string,
  type: number,
): ZoneRecord[] {
  const own = records.filter((record) => record.name === name && types[record.type] === type);
  if (own.length > 0) return own;
  const alias = records.find((record) => record.name === name && record.type === "CNAME");
  if (alias === undefined) return [];
  return followsAliases ? [alias, ...find({ records, followsAliases }, String(alias.data), type)] : [alias];
}

function encodeRecord({ name, type, ttl, data }: ZoneRecord, asked: string): Buffer {
  // A pointer to the question's name at offset 12, as real servers write it.
  const owner = name === asked ? Buffer.from([0xc0, 12]) : encodeName(name);
  const content = encodeData(type, data);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(types[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(content.length, 8);
  return Buffer.concat([owner, fixed, content]);
}

function encodeData(type: ZoneRecord["type"], data: ZoneRecord["data"]): Buffer {
  if (typeof data !== "string") {
    const numbers = Buffer.alloc(6);
    for (const [index, value] of data.slice(0, 3).entries()) numbers.writeUInt16BE(Number(value), index * 2);
    return Buffer.concat([numbers, encodeName(data[3])]);
  }
  if (type === "A") return Buffer.from(data.split(".").map(Number));
  if (type === "AAAA")
    return Buffer.from(
      data
        .split(":")
        .map((group) => group.padStart(4, "0"))
        .join(""),
      "hex",
    );
  return encodeName(data);
}

function encodeName(name: string): Buffer {
  const labels = name === "" ? [] : name.split(".");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);
}

/** A zone's SOA, with how long negative answers may be cached. */
function encodeSoa(negativeTtl: number): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(negativeTtl, 16);
  const content = Buffer.concat([encodeName("ns.test"), encodeName("admin.test"), numbers]);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(6, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(content.length, 8);
  return Buffer.concat([encodeName("test"), fixed, content]);
}
