import { type AppServer, readBody, requestIdOf } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import { type IncomingRequest, toRequest } from "@libs/http1";
import { adminBodyBytesMax } from "../../admin/admin-body-bytes-max.ts";
import { fromRelayedAnswer, type RelayedAnswer, type RelayedRequest, toRelayed } from "../relayed-request.ts";
import type { UpWorker } from "../supervisor.ts";
import { readWorkerSelection, workerExpected, type WorkerSelection } from "./worker-selection.ts";

const answerTimeoutMs = 10_000;
/** As long as the reload of a large config may take; a change is never sent a second time. */
const changeTimeoutMs = 60_000;

/**
 * Relays requests of the admin port to the workers, which authenticate and answer them. The supervisor holds the port, so that it survives
 * the death of any worker.
 */
export function createAdminRelay(workers: () => readonly UpWorker[]) {
  return async (incoming: IncomingRequest, server: Pick<AppServer, "requestIP">): Promise<Response> => {
    const request = toRequest(incoming);
    const target = readWorkerSelection(new URL(request.url));
    if (target === null) throw new CartwayError("bad_request", { message: `${workerExpected}.` });
    const body = request.body === null ? null : await readBody(request, adminBodyBytesMax);
    const relayed = toRelayed(request, { url: target.url, body, peer: server.requestIP(incoming) });
    const known = {
      ...relayed,
      headers: [...relayed.headers.filter(([name]) => name !== "x-request-id"), requestId(request)],
    } as const;
    return await answerBy(target.selection, workers(), known);
  };
}

function requestId(request: Request): readonly [string, string] {
  return ["x-request-id", requestIdOf(request)];
}

async function answerBy(
  selection: WorkerSelection,
  workers: readonly UpWorker[],
  request: RelayedRequest,
): Promise<Response> {
  switch (selection.kind) {
    case "any":
      return await askAny(workers, request);
    case "all":
      return await askAll(workers, request);
    case "one": {
      const worker = workers.find(({ number }) => number === selection.number);
      if (worker === undefined) throw unavailable(`There is no worker ${selection.number} at the moment.`);
      return marked(await ask(worker, request), worker);
    }
  }
}

/** Reads are retried on the next worker; changes are sent once. */
async function askAny(workers: readonly UpWorker[], request: RelayedRequest): Promise<Response> {
  const isRead = isReadOnly(request);
  for (const worker of isRead ? workers : workers.slice(0, 1)) {
    try {
      return marked(await ask(worker, request), worker);
    } catch (thrown) {
      if (!isRead) throw thrown;
    }
  }
  throw unavailable("No worker can answer at the moment.");
}

/** All answers, each with its worker's number, under the highest status; a refusal that all workers agree on is the answer itself. */
async function askAll(workers: readonly UpWorker[], request: RelayedRequest): Promise<Response> {
  if (workers.length === 0) throw unavailable("No worker can answer at the moment.");
  const answers = await Promise.all(
    workers
      .toSorted((a, b) => a.number - b.number)
      .map(async (worker) => {
        const answer = await ask(worker, request).catch(() => null);
        return { worker: worker.number, status: answer?.status ?? 503, answer };
      }),
  );
  // authorization and unknown paths are the same on all workers
  const statuses = new Set(answers.map(({ status }) => status));
  const [first] = answers;
  const isRefused = statuses.size === 1 && [401, 403, 404].includes(first?.status ?? 0);
  if (isRefused && first?.answer) return fromRelayedAnswer(first.answer);
  const status = Math.max(...statuses);
  return Response.json(
    {
      workers: answers.map(({ answer, ...rest }) => ({
        ...rest,
        body: answer === null ? null : read(answer),
      })),
    },
    { status, headers: { "cache-control": "no-store" } },
  );
}

async function ask({ link }: UpWorker, request: RelayedRequest): Promise<RelayedAnswer> {
  try {
    return await link.ask("admin", request, isReadOnly(request) ? answerTimeoutMs : changeTimeoutMs);
  } catch (cause) {
    throw unavailable("The worker did not answer.", cause);
  }
}

function isReadOnly({ method }: RelayedRequest): boolean {
  return method === "GET" || method === "HEAD";
}

function marked(answer: RelayedAnswer, { number }: UpWorker): Response {
  const response = fromRelayedAnswer(answer);
  response.headers.set("x-cartway-worker", String(number));
  return response;
}

/** JSON where the worker says so; otherwise text, as metrics are. */
function read({ headers, body }: RelayedAnswer): unknown {
  const text = new TextDecoder().decode(body);
  const type = headers.find(([name]) => name === "content-type")?.[1] ?? "";
  return type.startsWith("application/json") ? JSON.parse(text) : text;
}

function unavailable(message: string, cause?: unknown): CartwayError {
  return new CartwayError("worker_unavailable", { message, retryAfterSeconds: 1, cause });
}
