import { ownText } from "../message/own-text.ts";

/**
 * `uri-host [ ":" port ]` of RFC 9110, section 7.2: a name, an IPv4 address or an IPv6 address in brackets. No userinfo, no comma (which
 * would be two joined Host fields), no slash.
 */
const hostPattern = /^(?:[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Cache of validated hosts: nearly all requests name one of a few, and a look-up is cheaper than the pattern. */
const wellFormedHosts = new Set<string>();
const wellFormedHostsMax = 1024;

/** Validates a `Host`. The pattern alone accepts invalid ports and addresses, such as `a:99999` and `1.2.3.4.5`. */
export function isWellFormedHost(host: string): boolean {
  if (wellFormedHosts.has(host)) return true;
  if (!hostPattern.test(host) || !URL.canParse(`http://${host}/`)) return false;
  if (wellFormedHosts.size < wellFormedHostsMax) wellFormedHosts.add(ownText(host));
  return true;
}
