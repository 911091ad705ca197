/**
 * `bun run fleet:token --customer c-1 [--user ana] [--hours 12]`: a token of a person of a customer, for trying the fleet
 * without an identity provider. Signs with CUSTOMER_JWT_SECRET, or with what `npm start` keeps under DATA_DIRECTORY.
 */
import { parseArgs } from "node:util";
import { readCustomerSecret } from "./customer-secret.ts";
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
try {
  const issuedAtMs = Date.now();
  const token = customerToken({
    secret: await readCustomerSecret(process.env),
    customerId: options.customer,
    userId: options.user ?? `${options.customer}-operator`,
    issuedAtMs,
    expiresAtMs: issuedAtMs + hours * 3_600_000,
  });
  console.log(token);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exit(1);
}
