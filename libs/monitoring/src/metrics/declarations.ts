import { CartwayError } from "@libs/errors";
import { checkMetricName, type MetricKind } from "./check-name.ts";

export interface Declaration {
  readonly name: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

/** The metrics of a registry by name. The same declaration again returns the same metric. */
export class Declarations {
  readonly #known = new Map<string, { readonly fingerprint: string; readonly metric: unknown }>();

  /** @throws CartwayError for a name that was declared differently before */
  once<T>(kind: MetricKind, { name, labels, buckets }: Declaration, create: () => T): T {
    const fingerprint = JSON.stringify([kind, labels ?? null, buckets ?? null]);
    const known = this.#known.get(name);
    if (known !== undefined) {
      // the kind is part of the fingerprint, and determines the type
      if (known.fingerprint === fingerprint) return known.metric as T;
      throw new CartwayError("internal", { internal: `metric ${name} was declared differently before` });
    }
    checkMetricName(kind, name, labels ?? []);
    const metric = create();
    this.#known.set(name, { fingerprint, metric });
    return metric;
  }
}
