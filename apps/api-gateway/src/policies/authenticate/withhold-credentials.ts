import type { CredentialPlaces } from "../../identity/identity.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { removeParameter } from "./remove-parameter.ts";

/** Compiles what removes credentials from the query of the service's request. Services log their URLs. */
export function compileWithholding(
  { parameters }: CredentialPlaces,
  tokenParameter: string | null,
): (exchange: Exchange) => void {
  const withheld = tokenParameter === null ? parameters : [...parameters, tokenParameter];
  return (exchange) => {
    if (exchange.target.query === "") return;
    for (const name of withheld) exchange.upstreamPath = removeParameter(exchange.upstreamPath, name);
  };
}
