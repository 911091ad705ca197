import { isSensitiveKey, redacted } from "./redact-key.ts";
import { redactText } from "./redact-text.ts";

/** Bounds the part of an object that a line contains, so that a line does not grow with a caller's input. */
export interface RedactionBounds {
  readonly depthMax: number;
  /** Bound on objects, arrays and primitive values together. */
  readonly nodesMax: number;
  readonly textMax: number;
  readonly itemsMax: number;
}

const redactionBounds: RedactionBounds = { depthMax: 8, nodesMax: 1000, textMax: 8192, itemsMax: 100 };

interface Walk {
  readonly bounds: RedactionBounds;
  readonly parents: object[];
  nodes: number;
}

/** A copy for the log: secrets removed by key and pattern, cycles cut, size bounded, errors converted to objects with their causes. */
export function redactFields(
  fields: object,
  bounds: RedactionBounds = redactionBounds,
): Record<string, unknown> {
  return copyEntries(fields, { bounds, parents: [fields], nodes: 0 });
}

function copyEntries(source: object, walk: Walk): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  let items = 0;
  for (const key of Object.keys(source)) {
    items += 1;
    if (items > walk.bounds.itemsMax) {
      copy["..."] = "[more]";
      break;
    }
    const shown = redactText(key);
    copy[shown] = isSensitiveKey(key) ? redacted : copyValue(read(source, key), walk);
  }
  return copy;
}

function copyValue(value: unknown, walk: Walk): unknown {
  walk.nodes += 1;
  if (walk.nodes > walk.bounds.nodesMax) return "[more]";
  switch (typeof value) {
    case "string":
      return copyText(value, walk.bounds.textMax);
    case "bigint":
      return value.toString();
    case "symbol":
      return String(value);
    case "function":
      return "[function]";
    case "object":
      return value === null ? null : copyObject(value, walk);
    default:
      return value;
  }
}

function copyObject(value: object, walk: Walk): unknown {
  if (walk.parents.includes(value)) return "[circular]";
  if (walk.parents.length > walk.bounds.depthMax) return "[deeper]";
  walk.parents.push(value);
  try {
    return describe(value, walk);
  } finally {
    walk.parents.pop();
  }
}

function describe(value: object, walk: Walk): unknown {
  if (value instanceof Error) return copyError(value, walk);
  if (Array.isArray(value)) return copyItems(value, walk);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (value instanceof URL) return copyText(value.href, walk.bounds.textMax);
  if (value instanceof Headers || value instanceof Map) {
    return copyEntries(Object.fromEntries([...value].map(([key, item]) => [String(key), item])), walk);
  }
  if (value instanceof Set) return copyItems([...value], walk);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  return copyEntries(value, walk);
}

function copyItems(items: readonly unknown[], walk: Walk): unknown[] {
  const copy = items.slice(0, walk.bounds.itemsMax).map((item) => copyValue(item, walk));
  if (items.length > walk.bounds.itemsMax) copy.push(`[${items.length - walk.bounds.itemsMax} more]`);
  return copy;
}

/** The standard fields of an error, then whatever its class adds (`code`, `internal`, `errors` ...). */
function copyError(error: Error, walk: Walk): Record<string, unknown> {
  const copy: Record<string, unknown> = { type: error.name, ...copyEntries(error, walk) };
  copy["message"] = copyText(error.message, walk.bounds.textMax);
  if (error.stack !== undefined) copy["stack"] = copyText(error.stack, walk.bounds.textMax);
  if (error.cause !== undefined) copy["cause"] = copyValue(error.cause, walk);
  if (error instanceof AggregateError) copy["errors"] = copyItems(error.errors, walk);
  return copy;
}

/** Truncates before searching, so that the work is bounded too. */
function copyText(text: string, max: number): string {
  return text.length <= max
    ? redactText(text)
    : `${redactText(text.slice(0, max))}[${text.length - max} more]`;
}

/** A getter may throw; logging must not. */
function read(source: object, key: string): unknown {
  try {
    return Reflect.get(source, key);
  } catch (error) {
    return `[unreadable: ${error instanceof Error ? error.name : "thrown"}]`;
  }
}
