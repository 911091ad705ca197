import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { createTemporaryDirectory } from "@libs/testing";
import { defineEnvironment, type EnvironmentSchema } from "./environment-schema.ts";
import { EnvironmentError, readEnvironment } from "./read-environment.ts";
import { serverEnvironment } from "./server-environment.ts";

const description = "what it is for";

function problemsOf(schema: EnvironmentSchema, env: Record<string, string | undefined>): readonly string[] {
  try {
    readEnvironment(schema, env);
  } catch (error) {
    if (error instanceof EnvironmentError)
      return error.problems.map(({ name, problem }) => `${name}: ${problem}`);
    throw error;
  }
  return [];
}

describe("an environment", () => {
  test("is parsed by type, with defaults for absent and empty variables", () => {
    const schema = defineEnvironment({
      TEXT: { type: "text", description },
      COUNT: { type: "integer", min: 1, description },
      RATIO: { type: "number", description },
      FLAG: { type: "boolean", description },
      MODE: { type: "choice", choices: ["fast", "safe"], description },
      URL: { type: "url", protocols: ["https:"], description },
      NAMES: { type: "list", description },
      HEADERS: { type: "headers", description },
      EMPTY: { type: "integer", default: 7, description },
      ABSENT: { type: "text", optional: true, description },
    });
    const read = readEnvironment(schema, {
      TEXT: "a",
      COUNT: "3",
      RATIO: "-0.5",
      FLAG: "Yes",
      MODE: "safe",
      URL: "https://a.example/x",
      NAMES: " a, b ,,c",
      HEADERS: "X-Key=a%20b,y=",
      EMPTY: "",
    });
    const mode: "fast" | "safe" = read.MODE;
    const absent: string | null = read.ABSENT;
    expect([mode, absent]).toEqual(["safe", null]);
    expect(read).toEqual({
      TEXT: "a",
      COUNT: 3,
      RATIO: -0.5,
      FLAG: true,
      MODE: "safe",
      URL: "https://a.example/x",
      NAMES: ["a", "b", "c"],
      HEADERS: { "x-key": "a b", y: "" },
      EMPTY: 7,
      ABSENT: null,
    });
  });

  test("lists missing variables with their purpose and an example value", () => {
    const schema = defineEnvironment({
      STORE: {
        type: "url",
        secret: true,
        description: "Where all is kept.",
        example: "redis://127.0.0.1:6379",
      },
    });
    expect(problemsOf(schema, {})).toEqual([
      "STORE: is not set; needed: Where all is kept. (or the same name with _FILE, a path) For example redis://127.0.0.1:6379",
    ]);
  });

  test("is refused with all problems at once, each with what was expected", () => {
    const schema = defineEnvironment({
      MISSING: { type: "text", description },
      SHORT: { type: "text", charsMin: 8, description },
      COUNT: { type: "integer", min: 1, description },
      LIMIT: { type: "integer", max: 5, description },
      HALF: { type: "integer", description },
      PORT: { type: "port", description },
      FLAG: { type: "boolean", description },
      MODE: { type: "choice", choices: ["fast", "safe"], description },
      URL: { type: "url", description },
      DATABASE_URL: { type: "url", protocols: ["postgres:", "postgresql:"], secret: true, description },
    });
    expect(
      problemsOf(schema, {
        SHORT: "abc",
        COUNT: "0",
        LIMIT: "6",
        HALF: "1.5",
        PORT: "65536",
        FLAG: "maybe",
        MODE: "slow",
        URL: "no url",
        DATABASE_URL: "mysql://root:hunter2@db",
      }),
    ).toEqual([
      "MISSING: is not set; needed: what it is for",
      'SHORT: "abc" is not at least 8 characters',
      'COUNT: "0" is not a whole number of at least 1',
      'LIMIT: "6" is not a whole number of at most 5',
      'HALF: "1.5" is not a whole number',
      'PORT: "65536" is not a whole number from 0 to 65535',
      'FLAG: "maybe" is not true or false',
      'MODE: "slow" is not one of fast, safe',
      'URL: "no url" is not a URL',
      "DATABASE_URL: its value is not a URL that begins with postgres:// or postgresql://",
    ]);
  });

  test("has a printable error", () => {
    const schema = defineEnvironment({ A: { type: "text", description }, B: { type: "text", description } });
    expect(() => readEnvironment(schema, {})).toThrow(
      "the environment cannot be used:\n  A: is not set; needed: what it is for\n  B: is not set; needed: what it is for",
    );
  });
});

describe("a secret", () => {
  const schema = defineEnvironment({ SECRET: { type: "text", secret: true, description } });

  test("can come from a file, without its trailing line end", async () => {
    await using directory = await createTemporaryDirectory();
    await writeFile(directory.file("secret"), "hunter2\n");
    expect(readEnvironment(schema, { SECRET_FILE: directory.file("secret") })).toEqual({ SECRET: "hunter2" });
  });

  test("is refused if its file is unreadable, if it is given twice, or if it is missing", async () => {
    await using directory = await createTemporaryDirectory();
    const missing = directory.file("missing");
    expect(problemsOf(schema, { SECRET_FILE: missing })).toEqual([
      `SECRET: the file ${missing} cannot be read (ENOENT)`,
    ]);
    expect(problemsOf(schema, { SECRET_FILE: directory.path })).toEqual([
      `SECRET: the file ${directory.path} cannot be read (EISDIR)`,
    ]);
    expect(problemsOf(schema, { SECRET: "a", SECRET_FILE: missing })).toEqual([
      "SECRET: both SECRET and SECRET_FILE are set, give one",
    ]);
    expect(problemsOf(schema, {})[0]).toContain("(or the same name with _FILE, a path)");
  });

  test("is the only kind of variable read from files", async () => {
    await using directory = await createTemporaryDirectory();
    await writeFile(directory.file("plain"), "a");
    const plain = defineEnvironment({ PLAIN: { type: "text", description } });
    expect(problemsOf(plain, { PLAIN_FILE: directory.file("plain") })).toEqual([
      "PLAIN: PLAIN_FILE is set, but only secrets are read from files",
    ]);
  });
});

test("every common variable has a default, so that an app starts with none set", () => {
  expect(readEnvironment(serverEnvironment(3001), {})).toMatchObject({
    PORT: 3001,
    HOST: "0.0.0.0",
    LOG_LEVEL: "info",
  });
});
