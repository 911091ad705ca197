import type { RequestHeaders } from "@libs/http1";
import type { InputIssue } from "@libs/errors";
import type { Validate } from "./compile-schema.ts";

/** What a request of one operation must be like. */
export interface Contract {
  readonly query: Validate | null;
  readonly headers: Validate | null;
  readonly params: Validate | null;
  readonly body: BodyContract | null;
}

export interface BodyContract {
  readonly isRequired: boolean;
  /** By media type, including ranges such as `text/*`. `null`: the type is accepted without validation. */
  readonly types: ReadonlyMap<string, Validate | null>;
}

/** The parts of a request that come before its body. */
export interface RequestHead {
  /** Without the question mark. */
  readonly query: string;
  readonly headers: RequestHeaders;
  readonly params: Readonly<Record<string, string>>;
}

/** All issues of a request except those of its body; paths are `/query/…`, `/headers/…` and `/params/…`. */
export function checkHead(
  contract: Contract,
  { query, headers, params }: RequestHead,
): readonly InputIssue[] {
  return [
    ...(contract.params?.({ ...params }, "/params") ?? []),
    ...(contract.query?.(readQuery(query), "/query") ?? []),
    ...(contract.headers?.(recordOf(headers), "/headers") ?? []),
  ];
}

function recordOf(headers: RequestHeaders): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  headers.forEach((value, name) => {
    record[name] = value;
  });
  return record;
}

/** A name that repeats has an array of its values. */
function readQuery(query: string): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values[name];
    if (before === undefined) values[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else values[name] = [before, value];
  }
  return values;
}

/** The validation of a body of that type; `undefined` if the type is not accepted. */
export function typeOf({ types }: BodyContract, mediaType: string): Validate | null | undefined {
  const range = `${mediaType.split("/", 1)[0]}/*`;
  for (const name of [mediaType, range, "*/*"]) {
    const found = types.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
