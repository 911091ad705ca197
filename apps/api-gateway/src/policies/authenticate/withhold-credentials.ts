import type { CredentialPlaces } from "../../identity/identity.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { removeParameter } from "./remove-parameter.ts";
import { withholdSessionCookies } from "./withhold-session-cookies.ts";

/** Compiles what removes credentials from cookies and query of the service's request. Services log their URLs. */
export function compileWithholding(
  { parameters }: CredentialPlaces,
  tokenParameter: string | null,
): (exchange: Exchange) => void {
  const withheld = tokenParameter === null ? parameters : [...parameters, tokenParameter];
  return (exchange) => {
    withholdSessionCookies(exchange.upstreamHeaders);
    if (exchange.target.query === "") return;
    for (const name of withheld) exchange.upstreamPath = removeParameter(exchange.upstreamPath, name);
  };
}
