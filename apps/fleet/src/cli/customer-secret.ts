import { join, resolve } from "node:path";

/** The secret that signs customers' tokens: given, or stored by `npm start` under its data directory. */
export async function readCustomerSecret(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const given = env["CUSTOMER_JWT_SECRET"];
  if (given !== undefined && given !== "") return given;
  const path = join(resolve(env["DATA_DIRECTORY"] ?? "data"), "customer-jwt-secret");
  const file = Bun.file(path);
  if (await file.exists()) return await file.text();
  throw new Error(
    `there is no secret: start Cartway once (it keeps one in ${path}), or set CUSTOMER_JWT_SECRET`,
  );
}
