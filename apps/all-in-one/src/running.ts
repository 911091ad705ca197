import type { App } from "@libs/elysia-server";

/** What has been started, stopped in reverse order. */
export class Running {
  readonly #parts: Pick<App, "stop">[] = [];

  async start<A extends Pick<App, "start" | "stop">>(app: A): Promise<A> {
    await app.start();
    this.add(app);
    return app;
  }

  /** A part that was started. */
  add(part: Pick<App, "stop">): void {
    this.#parts.push(part);
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0).toReversed()) await part.stop();
  }
}
