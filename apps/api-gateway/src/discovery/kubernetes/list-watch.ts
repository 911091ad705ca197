import type { Clock } from "@libs/resilience";
import { ProviderError, readJson } from "../get-json.ts";
import type { ApiServer } from "./api-server.ts";
import { readLines } from "./read-lines.ts";
import { type EndpointSlice, readEvent, readList, type WatchEvent } from "./slices.ts";

export interface ListWatchSettings {
  readonly service: string;
  readonly watchMs: number;
  readonly resyncMs: number;
  readonly timeoutMs: number;
}

export interface ListWatchParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly changed: (slices: readonly EndpointSlice[]) => void;
  /** Called when the API server answered without a change. */
  readonly unchanged: () => void;
}

const pageSize = 500;
/** Grace beyond a watch's own timeout before it is aborted. */
const graceMs = 30_000;
const goneStatus = 410;
const tooManyStatus = 429;
const stepMsMin = 500;

/**
 * Tracks a service's EndpointSlices as Kubernetes' own clients do ("Efficient detection of changes"): lists them, watches from the
 * list's version, resumes from the last version seen (bookmarks included) when a watch ends or its connection breaks, and lists again when
 * a resync is due or the watch was refused or ended by an error, such as a version that is gone (410): only a 429 says nothing of it.
 */
export class ListWatch {
  readonly #settings: ListWatchSettings;
  readonly #api: ApiServer;
  readonly #parts: ListWatchParts;
  #slices = new Map<string, EndpointSlice>();
  /** The version to watch from; `null` where a list is due first. */
  #version: string | null = null;
  #listedAt = 0;

  constructor(settings: ListWatchSettings, api: ApiServer, parts: ListWatchParts) {
    this.#settings = settings;
    this.#api = api;
    this.#parts = parts;
  }

  /**
   * Lists if due, then watches until the watch ends. Rejects where either fails; known slices are kept.
   * @returns the milliseconds to wait before the next call, so that watches that end at once do not become a loop
   */
  async step(signal: AbortSignal): Promise<number> {
    const startedAt = this.#parts.clock.now();
    const isDue = this.#parts.clock.now() - this.#listedAt >= this.#settings.resyncMs;
    if (this.#version === null || isDue) await this.#list(signal);
    try {
      await this.#watch(signal);
    } catch (thrown) {
      if (!(thrown instanceof ProviderError)) throw thrown;
      if (thrown.status !== tooManyStatus) this.#version = null;
      if (thrown.status !== goneStatus) throw thrown;
    }
    return Math.max(0, stepMsMin - (this.#parts.clock.now() - startedAt));
  }

  async #list(signal: AbortSignal): Promise<void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(this.#settings.timeoutMs)]);
    const slices = new Map<string, EndpointSlice>();
    let next = "";
    let version = "";
    do {
      const query = this.#query({ limit: `${pageSize}`, ...(next === "" ? {} : { continue: next }) });
      const page = readList(await readJson(await this.#api.endpointSlices(query, bounded)));
      for (const slice of page.items) slices.set(slice.metadata.name, slice);
      next = page.metadata.continue ?? "";
      version = page.metadata.resourceVersion;
    } while (next !== "");
    this.#slices = slices;
    this.#version = version;
    this.#listedAt = this.#parts.clock.now();
    this.#parts.changed([...slices.values()]);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { watchMs, resyncMs } = this.#settings;
    const { clock, random } = this.#parts;
    const untilResync = Math.max(1000, resyncMs - (clock.now() - this.#listedAt));
    const lastsMs = Math.min(watchMs * (1 + random()), untilResync);
    const query = this.#query({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version ?? "",
      timeoutSeconds: `${Math.ceil(lastsMs / 1000)}`,
    });
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(lastsMs + graceMs)]);
    const response = await this.#begin(query, bounded);
    this.#parts.unchanged();
    for await (const line of readLines(response)) this.#take(line);
  }

  /** An API server begins its answer at once, however long the watch is quiet afterwards. */
  async #begin(query: URLSearchParams, signal: AbortSignal): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error("the watch did not begin in time")),
      this.#settings.timeoutMs,
    );
    try {
      return await this.#api.endpointSlices(query, AbortSignal.any([signal, late.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  #take(line: string): void {
    const event = this.#read(line);
    if (event.type === "ERROR")
      throw new ProviderError(event.object.code, `the watch ended: ${event.object.message ?? ""}`);
    this.#version = event.object.metadata.resourceVersion;
    if (event.type === "BOOKMARK") return this.#parts.unchanged();
    const { name } = event.object.metadata;
    if (event.type === "DELETED") this.#slices.delete(name);
    else this.#slices.set(name, event.object);
    this.#parts.changed([...this.#slices.values()]);
  }

  /** What cannot be read would come again with the next watch from the same version. */
  #read(line: string): WatchEvent {
    try {
      return readEvent(JSON.parse(line));
    } catch (thrown) {
      this.#version = null;
      throw thrown;
    }
  }

  #query(more: Readonly<Record<string, string>>): URLSearchParams {
    const labelSelector = `kubernetes.io/service-name=${this.#settings.service}`;
    return new URLSearchParams({ labelSelector, ...more });
  }
}
