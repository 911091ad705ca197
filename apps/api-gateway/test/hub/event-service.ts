import { createEventLog, type EventLog } from "@libs/testing";

export interface Element {
  readonly [field: string]: unknown;
}

export type Answer = (elements: readonly Element[]) => Response | Promise<Response>;

export interface EventService {
  readonly url: string;
  readonly calls: EventLog<{
    readonly path: string;
    readonly headers: Headers;
    readonly isArray: boolean;
    /** The body's elements, or the one that it is. */
    readonly elements: readonly Element[];
  }>;
  /** Sets the response to calls; the default accepts the events. */
  respond(answer: Answer | null): void;
  stop(): Promise<void>;
}

/** A service that records its requests and answers like ingestion. */
export function startEventService(port = 0): EventService {
  const calls: EventService["calls"] = createEventLog();
  let answer: Answer | null = null;
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    async fetch(request) {
      const body: Element | readonly Element[] = JSON.parse(await request.text());
      const isArray = Array.isArray(body);
      const elements = [body].flat();
      calls.push({ path: new URL(request.url).pathname, headers: request.headers, isArray, elements });
      if (answer !== null) return answer(elements);
      return Response.json({ accepted: elements.length, duplicates: 0, rejected: [] });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    calls,
    respond(next) {
      answer = next;
    },
    stop: () => server.stop(true),
  };
}
