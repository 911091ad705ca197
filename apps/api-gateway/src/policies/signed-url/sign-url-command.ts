/**
 * Signs a URL for the `signed-url` policy and prints it:
 * `bun run sign-url --url URL --key ID --secret-env NAME [--method GET] [--expires-in 3600] [--watermark ID]`
 */
import { parseArgs } from "node:util";
import { signUrl } from "./sign-url.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    key: { type: "string" },
    "secret-env": { type: "string" },
    "secret-file": { type: "string" },
    method: { type: "string", default: "GET" },
    "expires-in": { type: "string", default: "3600" },
    watermark: { type: "string" },
    query: { type: "string", multiple: true },
  },
});

const usage =
  "usage: sign-url --url URL --key ID (--secret-env NAME | --secret-file PATH) [--method GET] [--expires-in SECONDS] [--watermark ID] [--query NAME ...]";

async function readSecret(): Promise<string | undefined> {
  if (values["secret-file"] !== undefined) return (await Bun.file(values["secret-file"]).text()).trim();
  return values["secret-env"] === undefined ? undefined : process.env[values["secret-env"]];
}

const secret = await readSecret();
const seconds = Number(values["expires-in"]);
if (values.url === undefined || values.key === undefined || secret === undefined || !(seconds > 0)) {
  console.error(usage);
  process.exitCode = 2;
} else {
  console.log(
    signUrl({
      url: values.url,
      method: values.method,
      keyId: values.key,
      secret: Buffer.from(secret),
      expiresAt: Date.now() + seconds * 1000,
      ...(values.watermark === undefined ? {} : { watermark: values.watermark }),
      ...(values.query === undefined ? {} : { query: values.query }),
    }),
  );
}
