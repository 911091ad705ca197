import type { YAMLError } from "yaml";
import type { ConfigIssue } from "../../model/config-issue.ts";

type Problem = Pick<ConfigIssue, "message" | "expected">;

/** What the parser's words mean to somebody who wrote the file; by its code, and by its message where one code has several. */
const problems: readonly { readonly about: RegExp; readonly problem: Problem }[] = [
  { about: /^MULTIPLE_DOCS/, problem: { message: "a second document begins here", expected: "one" } },
  {
    about: /Flow map/,
    problem: {
      message: "an object in braces does not end before this",
      expected: "a }, or more spaces before this line",
    },
  },
  {
    about: /Flow sequence/,
    problem: {
      message: "a list in brackets does not end before this",
      expected: "a ], or more spaces before this line",
    },
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
  {
    about: /^BLOCK_IN_FLOW/,
    problem: {
      message: "two fields stand here without a comma between them",
      expected: "a comma after each value, or quotes around one that holds a colon and a space",
    },
  },
  {
    about: /Missing , /,
    problem: { message: "a comma is missing before this", expected: "one between two entries" },
  },
  {
    about: /Unexpected (?:,|empty item) in flow/,
    problem: { message: "nothing stands before this comma", expected: "one between two entries" },
  },
  {
    about: /^BAD_ALIAS/,
    problem: {
      message: "* or & names nothing here",
      expected: 'quotes around a value that begins with it, such as "*"',
    },
  },
  {
    about: /^TAG_RESOLVE_FAILED/,
    problem: {
      message: "a tag that begins with ! means nothing here",
      expected: "{ env: NAME } or { file: PATH } for a secret, or quotes around a text",
    },
  },
  {
    about: /^NON_STRING_KEY/,
    problem: {
      message: "a name is expected here, not an object or a list",
      expected: "quotes around a text that begins with { or [; templates such as {{ x }} are not filled in",
    },
  },
  {
    about: /flow-(?:map|seq)-start at node end/,
    problem: {
      message: "a brace or bracket stands within a value that has no quotes",
      expected: "quotes around the whole value",
    },
  },
  {
    about: /flow-(?:map|seq)-end/,
    problem: {
      message: "this brace or bracket closes nothing",
      expected: "one for each that opens, and quotes around a value that holds one",
    },
  },
  {
    about: /block-seq-ind on same line/,
    problem: {
      message: "a list begins in the line of its name",
      expected: "each entry in a line of its own, or all of them in brackets",
    },
  },
  {
    about: /at node end/,
    problem: {
      message: "the value before this has ended already",
      expected: "quotes around the whole value, or a comma or a line between two",
    },
  },
  {
    about: /Missing directives-end/,
    problem: {
      message: "a line that begins with % is one for YAML itself",
      expected: "--- after it, or quotes around what begins with %",
    },
  },
  {
    about: /Comments must be separated/,
    problem: { message: "a comment begins right after a value", expected: "a space before its #" },
  },
  {
    about: /Block scalar header/,
    problem: {
      message: "a text after | or > begins in the next line",
      expected: "it there, or quotes around a value that begins with | or >",
    },
  },
  {
    about: /^UNEXPECTED_TOKEN/,
    problem: {
      message: "nothing is expected here any more",
      expected: "no brace, bracket or quote too many before it",
    },
  },
];

/** What a line without `name: value` is, by how it begins. */
const lines: typeof problems = [
  {
    about: /^(?:<{7}|={7}|>{7})/,
    problem: { message: "a merge conflict stands here", expected: "one of its two sides" },
  },
  { about: /^\/[/*]/, problem: { message: "this is no comment in YAML", expected: "# before it" } },
  {
    about: /^- /,
    problem: {
      message: "an entry of a list stands where fields do",
      expected: "as many spaces as before the entries it belongs to, and a name before the first",
    },
  },
  {
    about: /^[\w-]+:\S/,
    problem: { message: "no space stands after this colon", expected: "name: value" },
  },
];

/** What keeps a text from being YAML, in words that say what to write. */
export function yamlProblem({ code, message, pos }: YAMLError, text: string): Problem {
  const [line = ""] = /^[^\r\n]*/.exec(text.slice(pos[0])) ?? [];
  const written = code === "MULTILINE_IMPLICIT_KEY" ? lines.find(({ about }) => about.test(line)) : undefined;
  const known = written ?? problems.find(({ about }) => about.test(`${code} ${message}`));
  return known?.problem ?? { message: message.replace(/ at line \d+, column \d+:[^]*$/, "") };
}

/** The same for a text without a single name and value. */
export function proseProblem(text: string): Problem {
  const isNginx = /\{\s*$/m.test(text) && /;\s*$/m.test(text);
  return isNginx
    ? {
        message: "this looks like a config of nginx",
        expected: "YAML; docs/coming-from.md tells what stands for what",
      }
    : {
        message: "this is a text, not names with values",
        expected: "lines of name: value, the first of them version: 1",
      };
}
