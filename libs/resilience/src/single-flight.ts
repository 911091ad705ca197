/** Callers who ask for the same thing at the same time share one piece of work. */
export interface SingleFlight<Key, Value> {
  /**
   * @param work started only where none is under way for the key; its signal aborts when every caller has left.
   * @param signal ends this caller's waiting, not the others'.
   */
  run(key: Key, work: (signal: AbortSignal) => Promise<Value>, signal?: AbortSignal): Promise<Value>;
  /** Keys with work under way. */
  readonly size: number;
}

interface Flight<Value> {
  readonly value: Promise<Value>;
  readonly controller: AbortController;
  callers: number;
}

export function createSingleFlight<Key, Value>(): SingleFlight<Key, Value> {
  const flights = new Map<Key, Flight<Value>>();

  function start(key: Key, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const controller = new AbortController();
    // Asynchronous even where `work` throws at once, so that the flight is known before it can end.
    const value = Promise.resolve().then(() => work(controller.signal));
    const flight: Flight<Value> = { value, controller, callers: 0 };
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    value.then(land, land);
    flights.set(key, flight);
    return flight;
  }

  /** Nobody waits any more: the work ends, and who comes now starts anew instead of joining what is being aborted. */
  function leave(key: Key, flight: Flight<Value>): void {
    flight.callers -= 1;
    if (flight.callers > 0 || flights.get(key) !== flight) return;
    flights.delete(key);
    flight.controller.abort(new DOMException("every caller has left", "AbortError"));
  }

  return {
    async run(key, work, signal) {
      signal?.throwIfAborted();
      const flight = flights.get(key) ?? start(key, work);
      flight.callers += 1;
      const left = Promise.withResolvers<never>();
      const abort = (): void => left.reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await Promise.race([flight.value, left.promise]);
      } finally {
        signal?.removeEventListener("abort", abort);
        leave(key, flight);
      }
    },
    get size() {
      return flights.size;
    },
  };
}
