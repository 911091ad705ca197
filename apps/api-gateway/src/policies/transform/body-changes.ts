import type { Exchange } from "../../model/exchange/exchange.ts";
import { pointerKeys } from "../../model/config/json-pointer.ts";
import { put, take } from "./json-pointer.ts";
import type { BodyChangesConfig } from "./schema.ts";
import { compileValue } from "./template.ts";

/** Changes a parsed body in place. @returns the pointers that could not be applied, because another value is in their path. */
export type ChangeBody = (body: unknown, exchange: Exchange) => readonly string[];

/** Remove, then rename, then set. To take away or rename what is not there is no fault. */
export function compileBodyChanges({ remove, rename, set }: BodyChangesConfig): ChangeBody {
  const gone = remove.map(pointerKeys);
  const moves = Object.entries(rename).map(([from, to]) => [pointerKeys(from), pointerKeys(to), to] as const);
  const values = Object.entries(set).map(
    ([at, value]) => [pointerKeys(at), compileValue(value), at] as const,
  );
  return (body, exchange) => {
    const failed: string[] = [];
    for (const pointer of gone) take(body, pointer);
    for (const [from, to, text] of moves) {
      const found = take(body, from);
      if (found !== null && !put(body, to, found.value)) failed.push(text);
    }
    for (const [pointer, read, text] of values) {
      const value = read(exchange);
      if (value !== undefined && !put(body, pointer, value)) failed.push(text);
    }
    return failed;
  };
}
