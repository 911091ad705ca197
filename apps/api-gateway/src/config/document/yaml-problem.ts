import type { YAMLError } from "yaml";
import type { ConfigIssue } from "../../model/config-issue.ts";

type Problem = Pick<ConfigIssue, "message" | "expected">;

/** What the parser's words mean to somebody who wrote the file; by its code, and by its message where one code has several. */
const problems: readonly { readonly about: RegExp; readonly problem: Problem }[] = [
  { about: /^MULTIPLE_DOCS/, problem: { message: "a second document begins here", expected: "one" } },
  {
    about: /Flow map/,
    problem: { message: "an object in braces does not end before this", expected: "a }" },
  },
  {
    about: /Flow sequence/,
    problem: { message: "a list in brackets does not end before this", expected: "a ]" },
  },
  {
    about: /^BAD_INDENT/,
    problem: {
      message: "this line is indented unlike those it belongs to",
      expected: "as many spaces as before the fields beside it",
    },
  },
  {
    about: /^TAB_AS_INDENT/,
    problem: { message: "this line is indented by a tab", expected: "spaces" },
  },
  {
    about: /^MULTILINE_IMPLICIT_KEY/,
    problem: { message: "a name stands here without its colon", expected: "name: value" },
  },
  {
    about: /^BLOCK_AS_IMPLICIT_KEY/,
    problem: {
      message: "a second colon stands in this line",
      expected: "quotes around a value that holds a colon and a space, or a line of its own for each field",
    },
  },
  {
    about: /^BAD_SCALAR_START/,
    problem: { message: "no value begins with this character", expected: "quotes around the value" },
  },
  {
    about: /^BAD_DQ_ESCAPE/,
    problem: {
      message: "after a backslash within double quotes stands what it cannot escape",
      expected: "single quotes around the value, or two backslashes",
    },
  },
  {
    about: /Maximum call stack/,
    problem: {
      message: "it nests too deep to be read",
      expected: "fewer objects and lists within one another",
    },
  },
  {
    about: /closing ['"]quote/,
    problem: {
      message: "the text in quotes that begins here does not end",
      expected: "the same quote at its end",
    },
  },
  {
    about: /without - indicator/,
    problem: {
      message: "this line belongs to no entry of the list before it",
      expected: "a dash before a new entry, or as many spaces as before the fields beside it",
    },
  },
];

/** What keeps a text from being YAML, in words that say what to write. */
export function yamlProblem({ code, message, pos }: YAMLError, text: string): Problem {
  if (code === "DUPLICATE_KEY") {
    const [key = ""] = /^[^:\r\n]*/.exec(text.slice(pos[0])) ?? [];
    return { message: `${key.trim()} stands here twice`, expected: "it once" };
  }
  const known = problems.find(({ about }) => about.test(`${code} ${message}`));
  return known?.problem ?? { message: message.replace(/ at line \d+, column \d+:[^]*$/, "") };
}
