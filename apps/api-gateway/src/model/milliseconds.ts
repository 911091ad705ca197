import { Type } from "@sinclair/typebox";

export interface MillisecondsOptions {
  readonly default: number;
  /** 1 where not given: no wait is without an end. */
  readonly minimum?: number;
  /** An hour where not given. */
  readonly maximum?: number;
}

/** A duration in the config. */
export function milliseconds(description: string, options: MillisecondsOptions) {
  const { minimum = 1, maximum = 3_600_000 } = options;
  return Type.Integer({
    minimum,
    maximum,
    default: options.default,
    description: `${description} Milliseconds.`,
  });
}
