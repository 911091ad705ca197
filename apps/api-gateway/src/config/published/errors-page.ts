import { errorCodes } from "@libs/errors";

const opening = `# Errors

Every error that the gateway and the apps behind it give of their own; made from the table in \`libs/errors\` that the code is held
to (\`bun run config-schema\`), so there are no others. A service's own errors pass as they are.

\`\`\`json
{
  "error": {
    "code": "rate_limited",
    "message": "Too many requests. Wait for the time in Retry-After, then send fewer.",
    "details": { "violated": ["default"] },
    "requestId": "01a1ff03-7430-77f9-9126-73515cfdb68f"
  }
}
\`\`\`

Decide by \`code\`; \`message\` is for people and may change, \`details\` is there where more can be said. \`requestId\` is in the answer's
\`x-request-id\` and in the log too: \`GET /decisions?requestId=\` on the [admin port](admin.md) tells what refused it and what would
have changed that. "Again" means that the same request can succeed later; \`Retry-After\` says when, where somebody knows. "Fault"
is whose: a \`caller\`'s is not logged as a failure, a \`service\`'s counts against it. The hub says the same codes in its \`error\`
frames ([hub.md](hub.md)).
`;

/** The table of error codes, in Markdown. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes)
    .toSorted(([, one], [, other]) => one.status - other.status)
    .map(
      ([code, { status, retryable, fault, message }]) =>
        `| \`${code}\` | ${status} | ${retryable ? "yes" : ""} | ${fault} | ${message} |`,
    );
  return [
    opening,
    "| code | status | again | fault | usual text |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
