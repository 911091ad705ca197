import { pick, waitUntil } from "@libs/testing";
import { type Answer, type FleetDevice, type FrontDoor, risky, safe, tokenOf } from "./front-door.ts";

export interface WorkloadOptions {
  readonly door: FrontDoor;
  readonly devices: number;
  readonly sessions: number;
  /** What happens to the platform meanwhile, one after the other. */
  readonly disasters: readonly (() => Promise<void>)[];
}

/** What was promised to customers and devices, and what came of it. */
export interface WorkloadOutcome {
  /** Acknowledged sessions that could run but did not complete. */
  readonly lost: readonly string[];
  /** Commands whose result was acknowledged to the device and is not there. */
  readonly lostResults: readonly string[];
  /** Commands that were given to a device without their approval. */
  readonly unapproved: readonly string[];
  readonly completed: number;
}

const retryMs = 100;
const endMs = 90_000;

/**
 * Customers request and approve, devices claim and report, each repeating until there is an answer, as careful clients do. A third of the
 * sessions is risky, and every second of those is never approved.
 */
export async function runWorkload({
  door,
  devices: count,
  sessions,
  disasters,
}: WorkloadOptions): Promise<WorkloadOutcome> {
  const customer = tokenOf(`kill-${crypto.randomUUID()}`, "ana");
  const devices = await Promise.all(Array.from({ length: count }, () => door.addDevice(customer)));
  const ending = new AbortController();
  const given = new Set<string>();
  const answered = new Set<string>();
  const work = devices.map((device) => executeAll(door, device, { given, answered, signal: ending.signal }));

  const asked: Asked[] = [];
  const asking = askAll({ door, customer, devices, sessions, asked });
  for (const [index, disaster] of disasters.entries()) {
    const begun = Math.floor(((index + 1) * sessions) / (disasters.length + 1));
    await waitUntil(() => asked.length >= begun, { timeoutMs: endMs, what: `${begun} sessions` });
    await disaster();
  }
  await asking;
  const mayRun = asked.filter((one) => one.mayRun);
  const ended = new Set<string>();
  await waitUntil(() => haveEnded({ door, customer, asked: mayRun, ended }), {
    timeoutMs: endMs,
    what: "the sessions to end",
  }).catch(() => undefined);
  ending.abort();
  await Promise.all(work);
  const results = await readResults(door, customer);
  return {
    lost: mayRun.filter(({ sessionId }) => !ended.has(sessionId)).map(({ sessionId }) => sessionId),
    lostResults: [...answered].filter((id) => results.get(id) !== "succeeded"),
    unapproved: asked.filter((one) => !one.mayRun && given.has(one.commandId)).map((one) => one.commandId),
    completed: ended.size,
  };
}

interface Asked {
  readonly sessionId: string;
  readonly commandId: string;
  readonly mayRun: boolean;
}

interface Asking {
  readonly door: FrontDoor;
  readonly customer: string;
  readonly devices: readonly FleetDevice[];
  readonly sessions: number;
  readonly asked: Asked[];
}

async function askAll({ door, customer, devices, sessions, asked }: Asking): Promise<void> {
  for (let index = 0; index < sessions; index += 1) {
    const deviceId = devices[index % devices.length]?.id;
    const isRisky = index % 3 === 0;
    const mayRun = !isRisky || index % 2 === 0;
    const request = { deviceId, reason: `session ${index}`, commands: [isRisky ? risky : safe] };
    const key = { "idempotency-key": `key-${index}` };
    const { body } = await insist(() => door.call(customer, "POST", "/customer/sessions", request, key));
    const sessionId = String(pick(body, "id"));
    if (isRisky && mayRun) {
      const approval = { planHash: pick(body, "planHash") };
      // 409: the previous approval was accepted, and its answer lost
      await insist(() => door.call(customer, "POST", `/customer/sessions/${sessionId}/approve`, approval));
    }
    asked.push({ sessionId, commandId: String(pick(body, "commands", 0, "id")), mayRun });
  }
}

interface Executing {
  readonly given: Set<string>;
  readonly answered: Set<string>;
  readonly signal: AbortSignal;
}

async function executeAll(
  door: FrontDoor,
  { token }: FleetDevice,
  { given, answered, signal }: Executing,
): Promise<void> {
  while (!signal.aborted) {
    const claimed = await attempt(() =>
      door.call(token, "POST", "/device/commands/claim", { max: 5, visibilityMs: 3000 }),
    );
    const commands = pick(claimed?.body, "commands");
    const list: readonly unknown[] = Array.isArray(commands) ? commands : [];
    if (list.length === 0) await Bun.sleep(retryMs);
    for (const command of list) {
      const id = String(pick(command, "id"));
      given.add(id);
      const result = { claimToken: pick(command, "claimToken"), outcome: "succeeded" };
      const answer = await insist(() => door.call(token, "POST", `/device/commands/${id}/result`, result));
      // 409: the claim was over before there was an answer, and the command comes again
      if (answer.status === 200) answered.add(id);
    }
  }
}

/** Repeats until there is a definite answer: 2xx, or 409. */
async function insist(call: () => Promise<Answer>): Promise<Answer> {
  const giveUpAt = Date.now() + endMs;
  while (Date.now() < giveUpAt) {
    const answer = await attempt(call);
    if (answer !== null && (answer.status === 200 || answer.status === 409)) return answer;
    await Bun.sleep(retryMs);
  }
  throw new Error("there was no answer for too long");
}

/** `null` if the connection broke or the answer is not JSON. */
async function attempt(call: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError || error instanceof Error) return null;
    throw error;
  }
}

interface Ending {
  readonly door: FrontDoor;
  readonly customer: string;
  readonly asked: readonly Asked[];
  readonly ended: Set<string>;
}

async function haveEnded({ door, customer, asked, ended }: Ending): Promise<boolean> {
  for (const { sessionId } of asked) {
    if (ended.has(sessionId)) continue;
    const answer = await attempt(() => door.call(customer, "GET", `/customer/sessions/${sessionId}`));
    if (pick(answer?.body, "status") !== "completed") return false;
    ended.add(sessionId);
  }
  return true;
}

async function readResults(door: FrontDoor, customer: string): Promise<ReadonlyMap<string, string>> {
  const statuses = new Map<string, string>();
  let before = "";
  for (;;) {
    const { body } = await insist(() => door.call(customer, "GET", `/customer/commands?limit=500${before}`));
    const commands = pick(body, "commands");
    for (const command of Array.isArray(commands) ? commands : [])
      statuses.set(String(pick(command, "id")), String(pick(command, "status")));
    const next = pick(body, "next");
    if (typeof next !== "string") return statuses;
    before = `&before=${next}`;
  }
}
