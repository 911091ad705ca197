/**
 * `bun run fleet:token --customer c-1 [--user ana] [--hours 12]`: a token of a person of a customer, for trying the fleet
 * without an identity provider. Signs with CUSTOMER_JWT_SECRET, or with the secret stored by `npm start` under DATA_DIRECTORY.
 */
import { orEnd, readCommandLine } from "@libs/command-line";
import { readCustomerSecret } from "./customer-secret.ts";
import { customerToken } from "./customer-token.ts";

const usage = "usage: bun run fleet:token --customer ID [--user ID] [--hours N]";
const { values: options, refuse } = readCommandLine(usage, {
  options: {
    customer: { type: "string" },
    user: { type: "string" },
    hours: { type: "string", default: "12" },
  },
});
const hours = Number(options.hours);
const customerId = options.customer ?? refuse("no customer is given");
if (!(hours > 0) || hours > 24 * 365) refuse("--hours is no number of hours within a year");
const issuedAtMs = Date.now();
const token = customerToken({
  secret: await orEnd(readCustomerSecret(process.env)),
  customerId,
  userId: options.user ?? `${customerId}-operator`,
  issuedAtMs,
  expiresAtMs: issuedAtMs + hours * 3_600_000,
});
console.log(token);
