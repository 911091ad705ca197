import { Type } from "@sinclair/typebox";

export interface MillisecondsOptions {
  readonly default: number;
  /** 1 by default, so that no wait is infinite. */
  readonly minimum?: number;
  /** An hour by default. */
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
