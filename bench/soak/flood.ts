import { join } from "node:path";
import { withDirectory } from "../gateway/run-process.ts";
import { runLua } from "../gateway/wrk.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { startGateway } from "./start-gateway.ts";

const issuer = "flood";
const chunkSeconds = 10;
/** What the bounded caches and the heap have grown to by then is what the gateway needs. */
const warmShare = 0.3;

/** Issue: memory stays flat under 10 million distinct bad tokens and distinct addresses. */
export const flood: Scenario = {
  what: "distinct bad tokens and distinct addresses in turn (--requests 10000000 for all of it)",
  run: ({ requests }) =>
    withDirectory(async (directory) => {
      const gateway = await startGateway(await floodConfig(directory), directory);
      try {
        const samples: Sample[] = [];
        for (let sent = 0; sent < requests; ) {
          const drive = { url: gateway.url, seconds: chunkSeconds, connections: 32, directory };
          const chunk = await runLua(drive, floodScript(sent));
          sent += chunk.requests;
          samples.push({ sent, refused: chunk.errors, residentMiB: gateway.residentMiB() });
          const { residentMiB } = samples.at(-1) ?? { residentMiB: 0 };
          console.log(`  ${sent.toString().padStart(10)} sent, ${residentMiB.toFixed(0)} MiB resident`);
        }
        return figuresOf(samples);
      } finally {
        await gateway.stop();
      }
    }),
};

interface Sample {
  readonly sent: number;
  readonly refused: number;
  readonly residentMiB: number;
}

function figuresOf(samples: readonly Sample[]): readonly Figure[] {
  const sent = samples.at(-1)?.sent ?? 0;
  const refused = samples.reduce((sum, sample) => sum + sample.refused, 0);
  const warm = samples.filter((sample) => sample.sent >= sent * warmShare);
  const half = Math.ceil(warm.length / 2);
  const [before, after] = [highest(warm.slice(0, half)), highest(warm.slice(-half))];
  return [
    { what: "requests", value: sent, unit: "" },
    {
      what: "refused, of the bad tokens",
      value: refused / (sent / 2),
      unit: "x",
      atLeast: 0.999,
      atMost: 1.001,
    },
    { what: "resident at most, first half once warm", value: before, unit: "MiB" },
    { what: "resident at most, second half", value: after, unit: "MiB" },
    { what: "ratio", value: after / before, unit: "x", atMost: 1.1 },
  ];
}

function highest(samples: readonly Sample[]): number {
  return Math.max(...samples.map((sample) => sample.residentMiB));
}

/** One route that verifies, and one with a bucket an address. */
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

/** Tokens that are right but for their signatures, addresses of IPv4 and networks of IPv6: each of them once. */
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
