import { Latencies } from "@libs/measuring";
import { type Answer, ReplayConnection } from "./replay-connection.ts";
import type { CartEventPayload, SessionEvents } from "./session-events.ts";

export interface PlayOptions {
  readonly url: string;
  /** Events per second over all connections; more than `inFlightMax` unanswered ones hold it back. */
  readonly ratePerSec: number;
  readonly connections: number;
  readonly sessionsAtOnce: number;
  readonly inFlightMax: number;
}

export interface PlayResult {
  sent: number;
  acknowledged: number;
  rejected: number;
  readonly rejections: Map<string, number>;
  readonly latencies: Latencies;
  readonly predictionLatencies: Latencies;
  /** By index of the session: the probability that it ends without a purchase. */
  readonly predictions: Map<number, number>;
  predictionsFailed: number;
}

interface ActiveSession {
  readonly index: number;
  readonly events: SessionEvents;
  readonly connection: ReplayConnection;
  next: number;
  unanswered: number;
  stage: "visit" | "prediction" | "ending";
}

const tickMs = 5;

/**
 * Plays sessions against the hub at a steady rate, many at once, each in its own order: its page views, then, once all of
 * them are acknowledged, a prediction, and only then its ending, so that no prediction can know the outcome.
 */
export class Player {
  readonly result: PlayResult = {
    sent: 0,
    acknowledged: 0,
    rejected: 0,
    rejections: new Map(),
    latencies: new Latencies(),
    predictionLatencies: new Latencies(),
    predictions: new Map(),
    predictionsFailed: 0,
  };
  readonly #options: PlayOptions;
  readonly #sessions: Iterator<[number, SessionEvents]>;
  readonly #connections: ReplayConnection[];
  readonly #active: ActiveSession[] = [];
  #turn = 0;
  #exhausted = false;

  constructor(sessions: Iterable<[number, SessionEvents]>, options: PlayOptions) {
    this.#options = options;
    this.#sessions = sessions[Symbol.iterator]();
    this.#connections = Array.from({ length: options.connections }, () => new ReplayConnection(options.url));
  }

  get inFlight(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.pending, 0);
  }

  get reconnects(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.reconnects, 0);
  }

  /** Frames sent again after a `retryable` error, by its code. */
  get retries(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (const connection of this.#connections) {
      for (const [code, count] of connection.retries) all.set(code, (all.get(code) ?? 0) + count);
    }
    return all;
  }

  get finished(): boolean {
    return this.#exhausted && this.#active.length === 0;
  }

  /** Resolves when every session was played to its end, or when nothing was answered for `patienceMs`. */
  async play(patienceMs: number): Promise<void> {
    let due = 0;
    let last = performance.now();
    let answered = -1;
    let answeredAt = last;
    while (!this.finished) {
      await Bun.sleep(tickMs);
      const now = performance.now();
      // Time lost to a stalled machine is not made up in one burst.
      due = Math.min(this.#options.ratePerSec * 0.1, due + (this.#options.ratePerSec * (now - last)) / 1000);
      last = now;
      while (due >= 1 && this.inFlight < this.#options.inFlightMax && this.#sendNext()) due -= 1;
      const settled = this.result.acknowledged + this.result.rejected + this.result.predictions.size;
      if (settled !== answered) [answered, answeredAt] = [settled, now];
      else if (now - answeredAt > patienceMs) break;
    }
    for (const connection of this.#connections) connection.close();
  }

  /** Sends one event of the next session in turn; false where every active session waits for answers. */
  #sendNext(): boolean {
    while (this.#active.length < this.#options.sessionsAtOnce && this.#open());
    for (let tried = 0; tried < this.#active.length; tried += 1) {
      this.#turn = (this.#turn + 1) % this.#active.length;
      const session = this.#active[this.#turn];
      if (session !== undefined && this.#sendOf(session)) return true;
    }
    return false;
  }

  #open(): boolean {
    const next = this.#sessions.next();
    if (next.done === true) {
      this.#exhausted = true;
      return false;
    }
    const [index, events] = next.value;
    const connection = this.#connections[index % this.#connections.length];
    if (connection === undefined) return false;
    this.#active.push({ index, events, connection, next: 0, unanswered: 0, stage: "visit" });
    return true;
  }

  #sendOf(session: ActiveSession): boolean {
    const list = session.stage === "ending" ? session.events.ending : session.events.visit;
    const event = session.stage === "prediction" ? undefined : list[session.next];
    if (event === undefined) return false;
    session.next += 1;
    this.#send(session, event);
    return true;
  }

  #send(session: ActiveSession, event: CartEventPayload): void {
    this.result.sent += 1;
    session.unanswered += 1;
    const frame = { type: "cart_event", id: event.id, sessionId: event.sessionId, payload: event };
    session.connection.request(frame, (answer, latencyMs) => {
      session.unanswered -= 1;
      if (answer.type === "ack") {
        this.result.acknowledged += 1;
        this.result.latencies.add(latencyMs);
      } else {
        this.#reject(answer);
      }
      if (session.unanswered === 0) this.#advance(session);
    });
  }

  #reject(answer: Answer): void {
    this.result.rejected += 1;
    const code = answer.error?.code ?? answer.type;
    this.result.rejections.set(code, (this.result.rejections.get(code) ?? 0) + 1);
  }

  #advance(session: ActiveSession): void {
    if (session.stage === "visit" && session.next === session.events.visit.length) {
      session.stage = "prediction";
      this.#askPrediction(session);
    } else if (session.stage === "ending" && session.next === session.events.ending.length) {
      this.#close(session);
    }
  }

  #askPrediction(session: ActiveSession): void {
    const { sessionId } = session.events;
    const frame = {
      type: "prediction_request",
      id: `${sessionId}-prediction`,
      sessionId,
      payload: { sessionId },
    };
    session.connection.request(frame, (answer, latencyMs) => {
      const probability = probabilityOf(answer);
      if (probability === null) this.result.predictionsFailed += 1;
      else this.result.predictions.set(session.index, probability);
      this.result.predictionLatencies.add(latencyMs);
      session.stage = "ending";
      session.next = 0;
      if (session.events.ending.length === 0) this.#close(session);
    });
  }

  #close(session: ActiveSession): void {
    this.#active.splice(this.#active.indexOf(session), 1);
  }
}

function probabilityOf(answer: Answer): number | null {
  const { payload } = answer;
  if (typeof payload !== "object" || payload === null || !("probability" in payload)) return null;
  return typeof payload.probability === "number" ? payload.probability : null;
}
