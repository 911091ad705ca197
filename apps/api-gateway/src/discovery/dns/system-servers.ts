import { readFileSync } from "node:fs";
import type { DnsServer } from "./exchange.ts";

/** A server as it stands in a config: `10.0.0.2`, `10.0.0.2:5353`, `[fd00::2]:53`, `fd00::2`. */
export function serverOf(text: string): DnsServer {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: Number(bracketed[2] ?? 53) };
  const [host = "", port, ...more] = text.split(":");
  return more.length > 0 ? { host: text, port: 53 } : { host, port: Number(port ?? 53) };
}

/** The machine's resolvers, read each time: they may change while the process runs. */
export function systemServers(file = "/etc/resolv.conf"): DnsServer[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line) => {
    const [, address] = /^\s*nameserver\s+([^\s#;]+)/.exec(line) ?? [];
    return address === undefined ? [] : [{ host: address, port: 53 }];
  });
}
