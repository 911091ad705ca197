import type { Exchange } from "../../model/exchange.ts";
import type { HeaderList } from "../../model/header-list.ts";
import type { HeaderChangesConfig } from "./schema.ts";
import { compileTemplate } from "./template.ts";

export type ChangeHeaders = (headers: HeaderList, exchange: Exchange) => void;

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
