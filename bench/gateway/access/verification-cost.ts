/**
 * `bun run bench:verification [--users N]`: what verifying a caller's token costs the gateway, in microseconds of one core:
 * seen for the first time (cold) and cached, by algorithm, and beside it the decision of a limit per user.
 * The median of several rounds; nothing is sent over the network. Exits 1 where a cached verification takes 2 us or more, or a cold one
 * of RS256 a millisecond.
 */
import { readCommandLine } from "@libs/command-line";
import { type Figure, median, printFigures } from "@libs/measuring";
import { fillDefaults } from "../../../apps/api-gateway/src/config/fill-defaults.ts";
import { createIdentities } from "../../../apps/api-gateway/src/identity/create-identities.ts";
import { IdentityPool } from "../../../apps/api-gateway/src/identity/identity-pool.ts";
import { PresentedCredentials } from "../../../apps/api-gateway/src/identity/presented-credentials.ts";
import { identityTypes } from "../../../apps/api-gateway/src/identity/registry.ts";
import { readFileSync } from "node:fs";
import { InProcessLimiter } from "../../../libs/rate-limit/src/index.ts";
import { type AccessAlgorithm, type AccessJob, withAccessJob } from "./access-job.ts";

const rounds = 7;
const operations = 200_000;

const usage = "usage: bun run bench:verification [--users N]";
const { number } = readCommandLine(usage, { options: { users: { type: "string", default: "1000" } } });
const users = number("users");

console.log(`${users} users, median of ${rounds} rounds, of one core`);
const figures: Figure[] = [];
for (const algorithm of ["RS256", "HS256"] satisfies AccessAlgorithm[]) {
  await withAccessJob({ algorithm, users }, async (job) => {
    figures.push(
      { what: `${algorithm} cold`, value: coldMicros(job), unit: "us", atMost: 1000 },
      { what: `${algorithm} cached`, value: cachedMicros(job), unit: "us", atMost: 2 },
    );
  });
}
figures.push({ what: "limit, in process", value: limitMicros(), unit: "us" });
if (printFigures(figures) > 0) process.exitCode = 1;

function openIdentity(job: AccessJob) {
  const key = { file: job.keyFile };
  const fields = {
    issuer: job.issuer,
    audience: job.audience,
    algorithms: [job.algorithm],
    ...(job.algorithm === "HS256" ? { secret: key } : { publicKey: key }),
  };
  const registered = identityTypes["jwt"];
  if (registered === undefined) throw new Error("there is no identity type jwt");
  const pool = new IdentityPool({
    auth: null,
    devices: null,
    services: () => ({ call: (service) => Promise.reject(new Error(`${service} is not asked here`)) }),
    createLimiter(name): never {
      throw new Error(`nobody guesses here: ${name}`);
    },
    now: Date.now,
    fetch,
    readSecret: (reference) => ("file" in reference ? readFileSync(reference.file, "utf8") : ""),
    onAnswer: () => undefined,
    onFailure: (name, error) => console.error(name, error),
  });
  const identities = createIdentities(
    [{ name: "shop", type: "jwt", config: fillDefaults(registered.schema, fields) }],
    pool,
  );
  const identify = identities.select(["shop"]);
  return (request: Request): void => {
    const source = {
      headers: request.headers,
      method: "GET",
      query: "",
      tokenParameter: null,
      isPeerTrusted: false,
    };
    const answer = identify(new PresentedCredentials(source));
    if (answer instanceof Promise || answer.outcome !== "authenticated")
      throw new Error("a good token was refused");
  };
}

function requestsOf({ tokens }: AccessJob): readonly Request[] {
  return tokens.map((token) => new Request("http://a/", { headers: { authorization: `Bearer ${token}` } }));
}

function coldMicros(job: AccessJob): number {
  const requests = requestsOf(job);
  return medianOfRounds(() => {
    const identify = openIdentity(job);
    return microsecondsOf(requests.length, (index) => identify(at(requests, index)));
  });
}

function cachedMicros(job: AccessJob): number {
  const requests = requestsOf(job);
  const identify = openIdentity(job);
  for (const request of requests) identify(request);
  return medianOfRounds(() => microsecondsOf(operations, (index) => identify(at(requests, index))));
}

function limitMicros(): number {
  const names = Array.from({ length: users }, (_, index) => `shop user-${index}`);
  const rates = [{ name: "default", limit: 1_000_000, windowMs: 60_000 }];
  const limiter = new InProcessLimiter({ rates, keysMax: 100_000, monotonicNow: () => performance.now() });
  return medianOfRounds(() => microsecondsOf(operations, (index) => limiter.take(at(names, index), 1)));
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new RangeError("the list is empty");
  return item;
}

function microsecondsOf(count: number, work: (index: number) => unknown): number {
  const startedAt = process.cpuUsage();
  for (let index = 0; index < count; index += 1) work(index);
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / count;
}

function medianOfRounds(measure: () => number): number {
  return median(Array.from({ length: rounds }, measure));
}
