import { join, resolve } from "node:path";
import { customerSecret } from "../apps/all-in-one/src/customer-secret.ts";

const root = join(import.meta.dir, "..");

/**
 * The secrets that the platform's gateway.yaml refers to: those that are set, else those that `npm start` generates and stores beside
 * its data, so that tokens signed for one are valid for the other.
 */
export async function developmentSecrets(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const given = env["CUSTOMER_JWT_SECRET"];
  if (given !== undefined && given !== "") return { CUSTOMER_JWT_SECRET: given };
  // the gateway refuses a secret that is given twice
  if (env["CUSTOMER_JWT_SECRET_FILE"]) return {};
  return { CUSTOMER_JWT_SECRET: await customerSecret(resolve(root, env["DATA_DIRECTORY"] ?? "data")) };
}
