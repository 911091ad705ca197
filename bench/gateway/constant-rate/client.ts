/**
 * `bun client.ts JSON` with a `ConstantLoad`: sends requests at a constant rate, however long earlier ones take, and prints
 * a `ConstantResult` as one line of JSON. A latency starts when its request was due, even if no connection was free or
 * this client was late, so that slow requests are not left out because of the wait for them (coordinated omission).
 */
import type { Socket } from "bun";
import { AnswerReader } from "./answer-reader.ts";
import type { ConstantLoad, ConstantRequest, ConstantResult } from "./constant-load.ts";

/** Interval between looks at the clock: a request or two become due in it, and the cores stay free for the peers. */
const restMs = 0.05;
/** Requests of the first second are sent but not counted. */
const warmMs = 1000;
/** Wait for outstanding answers after all requests were sent. */
const patienceMs = 5000;

const load = JSON.parse(process.argv[2] ?? "") as ConstantLoad;
const total = Math.round(load.perSecond * (load.seconds + warmMs / 1000));
const warm = Math.round((load.perSecond * warmMs) / 1000);
const requests = load.requests.map(toWire);
const errorsOf = load.requests.map(() => 0);
const latencies = new Float64Array(total);
const free: Connection[] = [];
const nobody = new Int32Array(new SharedArrayBuffer(4));
let sent = 0;
let ended = 0;

class Connection {
  readonly #reader = new AnswerReader();
  #socket: Socket | null = null;
  /** Of the request in flight. */
  #index = -1;

  async open(): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: load.port,
      socket: {
        data: (_socket, bytes) => this.#received(bytes),
        close: () => this.#closed(),
        error: () => undefined,
      },
    });
    free.push(this);
  }

  send(index: number): void {
    this.#index = index;
    const request = requests[index % requests.length] ?? "";
    this.#socket?.write(typeof request === "string" ? request.replace("{n}", String(index)) : request);
  }

  #received(bytes: Buffer): void {
    const status = this.#reader.push(bytes);
    if (status === null) return;
    this.#end(status === 200);
    free.push(this);
  }

  /** Servers close a connection after a number of requests: it is replaced. */
  #closed(): void {
    if (this.#index >= 0) this.#end(false);
    const place = free.indexOf(this);
    if (place >= 0) free.splice(place, 1);
    this.#reader.forget();
    if (sent < total) this.open().catch(() => undefined);
  }

  #end(isAnswered: boolean): void {
    latencies[this.#index] = performance.now() - dueAt(this.#index);
    if (!isAnswered) noteError(this.#index);
    this.#index = -1;
    ended += 1;
  }
}

await Promise.all(Array.from({ length: load.connections }, () => new Connection().open()));
const beganAt = performance.now();
const { promise: done, resolve: finish } = Promise.withResolvers<void>();
turn();
await done;
const counted = latencies.subarray(warm).toSorted();
const p99Ms = counted[Math.floor(counted.length * 0.99)] ?? Number.NaN;
const errors = errorsOf.reduce((sum, count) => sum + count, total - ended);
const result: ConstantResult = { requests: total, errors, errorsOf, p99Ms };
console.log(JSON.stringify(result));
process.exit(0);

function dueAt(index: number): number {
  return beganAt + (index * 1000) / load.perSecond;
}

function noteError(index: number): void {
  errorsOf[index % requests.length] = (errorsOf[index % requests.length] ?? 0) + 1;
}

/** Bytes where every request of the kind is the same, else its text. */
function toWire({ method = "GET", path, headers = {}, body = "" }: ConstantRequest): Buffer | string {
  const framing = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const fields = Object.entries({ Host: `127.0.0.1:${load.port}`, ...framing, ...headers });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
  return path.includes("{n}") ? text : Buffer.from(text);
}

/** Sends what is due and looks again soon: timers with millisecond resolution would send in bursts. */
function turn(): void {
  const now = performance.now();
  while (sent < total && dueAt(sent) <= now) {
    const connection = free.pop();
    if (connection === undefined) break;
    connection.send(sent);
    sent += 1;
  }
  if (ended === total || now > dueAt(total) + patienceMs) return finish();
  // `Bun.sleepSync` supports whole milliseconds only.
  Atomics.wait(nobody, 0, 0, restMs);
  setImmediate(turn);
}
