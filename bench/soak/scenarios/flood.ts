import { join } from "node:path";
import { withDirectory } from "../../gateway/run-process.ts";
import { runLua } from "../../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { startGateway } from "../support/start-gateway.ts";
import { untilSent } from "../support/until-sent.ts";

const issuer = "flood";
const chunkSeconds = 10;

/** Requirement: memory stays flat under 10 million distinct bad tokens and distinct addresses. */
export const flood: Scenario = {
  what: "distinct bad tokens and distinct addresses in turn (--requests 10000000 for all of it)",
  run: ({ requests }) =>
    withDirectory(async (directory) => {
      const gateway = await startGateway(await floodConfig(directory), directory);
      try {
        const drive = { url: gateway.url, seconds: chunkSeconds, connections: 32, directory };
        const { sent, errors, figures } = await untilSent(requests, gateway, (before) =>
          runLua(drive, floodScript(before)),
        );
        const share = errors / (sent / 2);
        return [
          { what: "requests", value: sent, unit: "" },
          { what: "refused, of the bad tokens", value: share, unit: "x", atLeast: 0.999, atMost: 1.001 },
          ...figures,
        ];
      } finally {
        await gateway.stop();
      }
    }),
};

/** One route that verifies tokens, and one with a rate limit per address. */
async function floodConfig(directory: string): Promise<object> {
  const secret = { file: join(directory, "secret") };
  await Bun.write(secret.file, crypto.randomUUID());
  const answer = { type: "respond", status: 200 };
  return {
    version: 1,
    server: { trustedProxies: ["127.0.0.1"] },
    identity: { shop: { type: "jwt", issuer, anyAudience: true, algorithms: ["HS256"], secret } },
    routes: [
      {
        id: "tokens",
        match: { path: "/tokens" },
        policies: [{ type: "authenticate", with: ["shop"] }, answer],
      },
      {
        id: "addresses",
        match: { path: "/addresses" },
        policies: [{ type: "rate-limit", by: ["ip"], limit: 100, windowMs: 60_000 }, answer],
      },
    ],
  };
}

/** Tokens valid but for their signatures, IPv4 addresses and IPv6 networks: each used once. */
function floodScript(sent: number): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { iss: issuer, sub: "u", exp: 4_000_000_000 };
  const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `local number = ${sent}
function request()
  number = number + 1
  local kind = number % 4
  if kind < 2 then
    local signature = string.format("%042d", number) .. "A"
    return wrk.format("GET", "/tokens", { authorization = "Bearer ${unsigned}." .. signature })
  end
  local low, high = number % 65536, math.floor(number / 65536)
  local address = string.format("2001:db8:%x:%x::1", high, low)
  if kind == 2 then
    address = string.format("%d.%d.%d.%d", 11 + math.floor(high / 256), high % 256, math.floor(low / 256), low % 256)
  end
  return wrk.format("GET", "/addresses", { ["x-forwarded-for"] = address })
end`;
}
