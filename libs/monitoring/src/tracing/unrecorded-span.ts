import type { TraceContext } from "./trace-context.ts";
import type { Span } from "./tracer.ts";

/** A span of an unsampled trace: keeps nothing, and propagates the sampling decision. */
export class UnrecordedSpan implements Span {
  readonly context: TraceContext;
  readonly recording = false;

  constructor(context: TraceContext) {
    this.context = context;
  }

  setName(): void {}

  setAttribute(): void {}

  fail(): void {}

  end(): void {}
}
