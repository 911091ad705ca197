/**
 * `bun run fleet:token --customer c-1 [--user ana] [--hours 12]`: a token of a person of a customer, for trying the fleet
 * without an identity provider. Signs with CUSTOMER_JWT_SECRET, or with what `npm start` keeps under DATA_DIRECTORY.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { customerToken } from "./customer-token.ts";

const { values: options } = parseArgs({
  options: {
    customer: { type: "string" },
    user: { type: "string" },
    hours: { type: "string", default: "12" },
  },
});
const hours = Number(options.hours);

if (options.customer === undefined || !(hours > 0) || hours > 24 * 365) {
  console.error("usage: bun run fleet:token --customer ID [--user ID] [--hours N]");
  process.exit(2);
}
const issuedAtMs = Date.now();
console.log(
  customerToken({
    secret: await readSecret(),
    customerId: options.customer,
    userId: options.user ?? `${options.customer}-operator`,
    issuedAtMs,
    expiresAtMs: issuedAtMs + hours * 3_600_000,
  }),
);

async function readSecret(): Promise<string> {
  const given = process.env["CUSTOMER_JWT_SECRET"];
  if (given !== undefined && given !== "") return given;
  const path = join(resolve(process.env["DATA_DIRECTORY"] ?? "data"), "customer-jwt-secret");
  const file = Bun.file(path);
  if (await file.exists()) return await file.text();
  console.error(
    `There is no secret: start Cartway once (it keeps one in ${path}), or set CUSTOMER_JWT_SECRET.`,
  );
  process.exit(1);
}
