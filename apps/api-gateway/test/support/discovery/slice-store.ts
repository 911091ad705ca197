export interface Endpoint {
  readonly address: string;
  readonly ready?: boolean | null;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly zone?: string;
}

export interface Slice {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  readonly service?: string;
}

export interface SliceEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: object;
  readonly version: number;
  /** The service that the event is about; `null` for all watches. */
  readonly service: string | null;
}

export interface Watcher {
  readonly send: (event: SliceEvent) => void;
  readonly end: () => void;
}

/** EndpointSlices with one version for all of them that every change raises, as etcd keeps them. */
export class SliceStore {
  readonly watchers = new Set<Watcher>();
  readonly #slices = new Map<string, { readonly slice: Slice; readonly version: number }>();
  #history: SliceEvent[] = [];
  #version = 100;
  #oldest = 0;

  get version(): number {
    return this.#version;
  }

  /** The oldest version that a watch can start from. */
  get oldest(): number {
    return this.#oldest;
  }

  of(service: string): object[] {
    return [...this.#slices.values()]
      .filter(({ slice }) => serviceOf(slice) === service)
      .map(({ slice, version }) => objectOf(slice, version));
  }

  since(version: number): readonly SliceEvent[] {
    return this.#history.filter((event) => event.version > version);
  }

  put(slice: Slice): void {
    this.#version += 1;
    const type = this.#slices.has(slice.name) ? "MODIFIED" : "ADDED";
    this.#slices.set(slice.name, { slice, version: this.#version });
    this.#happen(type, slice);
  }

  remove(name: string): void {
    const entry = this.#slices.get(name);
    if (entry === undefined) return;
    this.#version += 1;
    this.#slices.delete(name);
    this.#happen("DELETED", entry.slice);
  }

  bookmark(): void {
    const object = {
      kind: "EndpointSlice",
      metadata: { resourceVersion: `${this.#version}`, creationTimestamp: null },
    };
    this.#tell({ type: "BOOKMARK", object, version: this.#version, service: null });
  }

  /** Forgets the past, and ends the watches with an ERROR event. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
    this.#history = [];
    this.fail({ reason: "Expired", code: 410, message: "too old resource version" });
  }

  /** Ends every watch with an error. */
  fail(status: object): void {
    const object = { kind: "Status", status: "Failure", ...status };
    this.#tell({ type: "ERROR", object, version: this.#version, service: null });
    this.endWatches();
  }

  endWatches(): void {
    for (const watcher of this.watchers) watcher.end();
  }

  #happen(type: SliceEvent["type"], slice: Slice): void {
    const version = this.#version;
    const event = { type, object: objectOf(slice, version), version, service: serviceOf(slice) };
    this.#history.push(event);
    this.#tell(event);
  }

  #tell(event: SliceEvent): void {
    for (const watcher of this.watchers) watcher.send(event);
  }
}

function serviceOf({ service = "shop" }: Slice): string {
  return service;
}

function objectOf(slice: Slice, version: number): object {
  return {
    kind: "EndpointSlice",
    apiVersion: "discovery.k8s.io/v1",
    metadata: {
      name: slice.name,
      namespace: "shop",
      resourceVersion: `${version}`,
      labels: { "kubernetes.io/service-name": serviceOf(slice) },
    },
    addressType: "IPv4",
    endpoints: slice.endpoints.map(({ address, ready = true, serving, terminating, zone }) => ({
      addresses: [address],
      conditions: {
        ...(ready === null ? {} : { ready }),
        serving: serving ?? ready,
        terminating: terminating ?? false,
      },
      targetRef: { kind: "Pod", name: `pod-${address}` },
      ...(zone === undefined ? {} : { zone }),
    })),
    ports: (slice.ports ?? [{ name: "http", port: 8080 }]).map((port) => ({ protocol: "TCP", ...port })),
  };
}
