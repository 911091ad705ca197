import type { Exchange } from "../../model/exchange/exchange.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import { serviceNameOf } from "../../model/http/service-name-of.ts";
import { removeSpellings } from "../remove-spellings.ts";
import type { HeaderChangesConfig } from "./schema.ts";
import { compileTemplate } from "./template.ts";

export type ChangeHeaders = (headers: HeaderList, exchange: Exchange) => void;

/** For requests: other spellings of a set or removed header are removed too. */
export function compileRequestHeaderChanges(config: HeaderChangesConfig): ChangeHeaders {
  const change = compileHeaderChanges(config);
  const settled = new Set([...config.remove, ...Object.keys(config.set)].map(serviceNameOf));
  if (settled.size === 0) return change;
  return (headers, exchange) => {
    removeSpellings(headers, settled);
    change(headers, exchange);
  };
}

/** Remove, then set, then add. */
export function compileHeaderChanges({ remove, set, add }: HeaderChangesConfig): ChangeHeaders {
  const templates = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([header, text]) => [header, compileTemplate(text)] as const);
  const [replaced, added] = [templates(set), templates(add)];
  return (headers, exchange) => {
    for (const header of remove) headers.delete(header);
    for (const [header, template] of replaced) headers.set(header, template(exchange));
    for (const [header, template] of added) headers.append(header, template(exchange));
  };
}
