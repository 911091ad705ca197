import { expect, test } from "bun:test";
import { join } from "node:path";
import { discoveries } from "../discovery/registry.ts";
import { policies } from "../policies/registry.ts";
import { loadConfig } from "./load-config.ts";

/**
 * One file a rule, broken in that one way; its first line is the message that it must give. `{policies}` and `{discoveries}` there
 * are all that there are: a further one changes no file.
 */
const directory = join(import.meta.dir, "fixtures");
const fixtures = [...new Bun.Glob("*.yaml").scanSync(directory)].toSorted();

test.each(fixtures)("%s is refused with exactly the message on its first line", async (name) => {
  const file = join(directory, name);
  const [comment = ""] = (await Bun.file(file).text()).split("\n");
  const message = await loadConfig({ file }).then(
    () => "nothing is wrong with it",
    (thrown: unknown) => String(thrown),
  );
  const expected = comment
    .replace("#", "ConfigError:")
    .replace("{policies}", Object.keys(policies).join(", "))
    .replace("{discoveries}", Object.keys(discoveries).join(", "));
  expect(message.replaceAll(`${directory}/`, "")).toBe(expected);
});
