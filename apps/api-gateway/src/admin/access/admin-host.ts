const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether a Host header names the admin port. A foreign page whose name resolves to this machine (DNS rebinding) sends its own name, and
 * gets the same refusal whatever its token.
 */
export function createHostCheck(
  hostname: string,
  allowedHosts: readonly string[],
): (host: string) => boolean {
  const own = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
  const known = new Set([...loopbackNames, own, ...allowedHosts].map((name) => name.toLowerCase()));
  return (host) => known.has(host.replace(/:\d+$/, "").toLowerCase());
}
