/**
 * Hashes a password for the identity type `basic` and prints the hash, or a line of htpasswd:
 * `bun run hash-password (--secret-env NAME | --secret-file PATH) [--user NAME] [--algorithm bcrypt]`
 */
import { readCommandLine } from "@libs/command-line";
import { readSecretOption, secretOptions } from "../../../config/cli/secret-option.ts";

const usage = `usage: bun run hash-password (--secret-env NAME | --secret-file PATH) [options]

  --secret-file PATH    /dev/stdin for a password that is typed or piped
  --user NAME           prints NAME:HASH, a line of htpasswd
  --algorithm NAME      argon2id where not given, or bcrypt, which nginx and Apache read too`;

const algorithms = {
  // the costs of the platform's own passwords
  argon2id: { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 },
  bcrypt: { algorithm: "bcrypt", cost: 12 },
} as const;
const bcryptBytesMax = 72;

const commandLine = readCommandLine(usage, {
  options: {
    ...secretOptions,
    user: { type: "string" },
    algorithm: { type: "string", default: "argon2id" },
  },
});
const { values, refuse } = commandLine;
const { user, algorithm } = values;
const isKnown = (name: string): name is keyof typeof algorithms => Object.hasOwn(algorithms, name);
if (!isKnown(algorithm)) refuse(`${algorithm} is no algorithm here`);
else {
  if (user !== undefined && !/^[^:#\p{Cc}][^:\p{Cc}]*$/u.test(user))
    refuse("a user's name holds no colon and no control character, and begins with no #");
  const password = readSecretOption(commandLine).normalize("NFC");
  if (/\p{Cc}/u.test(password)) refuse("no client can send a password with control characters");
  if (password === "") refuse("the password is empty");
  if (algorithm === "bcrypt" && Buffer.byteLength(password) > bcryptBytesMax)
    refuse(`bcrypt looks at ${bcryptBytesMax} bytes of a password: take argon2id`);
  const hash = await Bun.password.hash(password, algorithms[algorithm]);
  console.log(user === undefined ? hash : `${user.normalize("NFC")}:${hash}`);
}
