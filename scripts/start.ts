/** `npm start`: the whole platform in one process. */
import { readCommandLine } from "../libs/command-line/src/index.ts";

readCommandLine(
  `usage: npm start

  The whole platform in one process, on embedded stores. It takes no options but variables, such as PORT (3000), HOST (127.0.0.1),
  ADMIN_PORT (3900), DATA_DIRECTORY (data) and OPENAI_API_KEY: docs/running.md and apps/all-in-one/src/environment.ts have all of them. A gateway with
  a config of your own is bun run gateway.`,
  {},
);
// loaded only once the command line is valid: loading it starts the platform
await import("../apps/all-in-one/src/main.ts");
