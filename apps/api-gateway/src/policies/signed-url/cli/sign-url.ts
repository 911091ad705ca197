/**
 * Signs a URL for the `signed-url` policy and prints it:
 * `bun run sign-url --url URL --key ID --secret-env NAME [--method GET] [--expires-in 3600] [--watermark ID]`
 */
import { readCommandLine } from "@libs/command-line";
import { readSecretOption, secretOptions } from "../../../config/cli/secret-option.ts";
import { signUrl } from "../sign-url.ts";
import { secretBytesMin } from "../url-signature.ts";

const usage = `usage: bun run sign-url --url URL --key ID (--secret-env NAME | --secret-file PATH) [options]

  --method NAME         GET where not given
  --expires-in SECONDS  3600 where not given
  --watermark ID        whom the copy is for
  --query NAME          a parameter that is signed too; may be repeated`;
const commandLine = readCommandLine(usage, {
  options: {
    url: { type: "string" },
    key: { type: "string" },
    ...secretOptions,
    method: { type: "string", default: "GET" },
    "expires-in": { type: "string", default: "3600" },
    watermark: { type: "string" },
    query: { type: "string", multiple: true },
  },
});

const { values, refuse, number } = commandLine;
const url = values.url ?? refuse("no URL is given");
const keyId = values.key ?? refuse("no key's id is given");
const secret = readSecretOption(commandLine);
if (!URL.canParse(url)) refuse(`${url} is no URL`);
if (Buffer.byteLength(secret) < secretBytesMin)
  refuse(`the secret has fewer than ${secretBytesMin} bytes: no gateway starts with it`);
const seconds = number("expires-in");
if (seconds === 0) refuse("--expires-in: a URL that opens nothing is signed for nobody");
console.log(
  signUrl({
    url,
    method: values.method,
    keyId,
    secret: Buffer.from(secret),
    expiresAt: Date.now() + seconds * 1000,
    ...(values.watermark === undefined ? {} : { watermark: values.watermark }),
    ...(values.query === undefined ? {} : { query: values.query }),
  }),
);
