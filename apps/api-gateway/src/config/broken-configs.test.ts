import { expect, test } from "bun:test";
import { join } from "node:path";
import { discoveries } from "../discovery/registry.ts";
import { policies } from "../policies/registry.ts";
import { runAtOnce } from "../model/steps.ts";
import { validConfigSteps } from "./check-config.ts";
import { parseText } from "./document/parse-text.ts";
import { loadConfig } from "./load-config.ts";

/**
 * One file per rule, which breaks only that rule; its first line is the expected message. `{policies}` and `{discoveries}` in it stand for all
 * registered types, so that a new type changes no fixture.
 */
const directory = join(import.meta.dir, "fixtures");
const fixtures = [...new Bun.Glob("*/*.yaml").scanSync(directory)].toSorted();

test.each(fixtures)("%s is refused with exactly the message on its first line", async (name) => {
  const file = join(directory, name);
  const [comment = ""] = (await Bun.file(file).text()).split("\n");
  const message = await loadConfig({ file }).then(
    () => "the config was accepted",
    (thrown: unknown) => String(thrown),
  );
  const expected = comment
    .replace("# ", `ConfigError: ${file}:`)
    .replace("{policies}", Object.keys(policies).join(", "))
    .replace("{discoveries}", Object.keys(discoveries).join(", "));
  expect(message).toBe(expected);
});

test.each(fixtures)("%s is refused by the check that only tells whether a config is valid", async (name) => {
  const { value } = parseText(name, await Bun.file(join(directory, name)).text());
  expect(runAtOnce(validConfigSteps(value))).toBeNull();
});
