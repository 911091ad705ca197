import type { YAMLError } from "yaml";
import type { ConfigIssue } from "../../model/config/config-issue.ts";

type Problem = Pick<ConfigIssue, "message" | "expected">;

/** Explains the parser's errors to the author of the file, by error code, or by message where a code has several meanings. */
const problems: readonly { readonly about: RegExp; readonly problem: Problem }[] = [
  { about: /^MULTIPLE_DOCS/, problem: { message: "a second document begins here", expected: "one" } },
  {
    about: /Flow map/,
    problem: {
      message: "an object in braces is not closed before this line",
      expected: "a }, or more spaces before this line",
    },
  },
  {
    about: /Flow sequence/,
    problem: {
      message: "a list in brackets is not closed before this line",
      expected: "a ], or more spaces before this line",
    },
  },
  {
    about: /^BAD_INDENT/,
    problem: {
      message: "this line's indentation differs from its siblings'",
      expected: "the same indentation as its siblings",
    },
  },
  {
    about: /^TAB_AS_INDENT/,
    problem: { message: "this line is indented with a tab", expected: "spaces" },
  },
  {
    about: /^MULTILINE_IMPLICIT_KEY/,
    problem: { message: "a name without a colon", expected: "name: value" },
  },
  {
    about: /^BLOCK_AS_IMPLICIT_KEY/,
    problem: {
      message: "a second colon in this line",
      expected: "quotes around a value that contains a colon and a space, or one line per field",
    },
  },
  {
    about: /^BAD_SCALAR_START/,
    problem: { message: "no value can begin with this character", expected: "quotes around the value" },
  },
  {
    about: /^BAD_DQ_ESCAPE/,
    problem: {
      message: "an invalid escape sequence in double quotes",
      expected: "single quotes around the value, or two backslashes",
    },
  },
  {
    about: /Maximum call stack/,
    problem: {
      message: "it is nested too deeply",
      expected: "fewer nested objects and lists",
    },
  },
  {
    about: /closing ['"]quote/,
    problem: {
      message: "the quoted text that begins here is not closed",
      expected: "a closing quote of the same kind",
    },
  },
  {
    about: /without - indicator/,
    problem: {
      message: "this line does not belong to an entry of the list before it",
      expected: "a dash before a new entry, or the same indentation as its siblings",
    },
  },
  {
    about: /^BLOCK_IN_FLOW/,
    problem: {
      message: "two fields without a comma between them",
      expected: "a comma after each value, or quotes around one that contains a colon and a space",
    },
  },
  {
    about: /Missing , /,
    problem: { message: "a missing comma before this", expected: "one between two entries" },
  },
  {
    about: /Unexpected (?:,|empty item) in flow/,
    problem: { message: "nothing before this comma", expected: "one between two entries" },
  },
  {
    about: /^BAD_ALIAS/,
    problem: {
      message: "* or & without a name",
      expected: 'quotes around a value that begins with it, such as "*"',
    },
  },
  {
    about: /^TAG_RESOLVE_FAILED/,
    problem: {
      message: "tags that begin with ! are not supported",
      expected: "{ env: NAME } or { file: PATH } for a secret, or quotes around a text",
    },
  },
  {
    about: /^NON_STRING_KEY/,
    problem: {
      message: "a field name is expected here, not an object or a list",
      expected: "quotes around a text that begins with { or [; templates such as {{ x }} are not filled in",
    },
  },
  {
    about: /flow-(?:map|seq)-start at node end/,
    problem: {
      message: "a brace or bracket within an unquoted value",
      expected: "quotes around the whole value",
    },
  },
  {
    about: /flow-(?:map|seq)-end/,
    problem: {
      message: "a closing brace or bracket without an opening one",
      expected: "one for each opening one, and quotes around a value that contains one",
    },
  },
  {
    about: /block-seq-ind on same line/,
    problem: {
      message: "a list begins on the line of its name",
      expected: "each entry on its own line, or all of them in brackets",
    },
  },
  {
    about: /at node end/,
    problem: {
      message: "unexpected text after a complete value",
      expected: "quotes around the whole value, or a comma or a line between two",
    },
  },
  {
    about: /Missing directives-end/,
    problem: {
      message: "a line that begins with % is a YAML directive",
      expected: "--- after it, or quotes around what begins with %",
    },
  },
  {
    about: /Comments must be separated/,
    problem: { message: "a comment directly after a value", expected: "a space before its #" },
  },
  {
    about: /Block scalar header/,
    problem: {
      message: "the text of a | or > block begins on the next line",
      expected: "it there, or quotes around a value that begins with | or >",
    },
  },
  {
    about: /^UNEXPECTED_TOKEN/,
    problem: {
      message: "unexpected content after the end",
      expected: "no surplus brace, bracket or quote before it",
    },
  },
];

/** What kind of line without `name: value` this is, judged by its beginning. */
const lines: typeof problems = [
  {
    about: /^(?:<{7}|={7}|>{7})/,
    problem: { message: "an unresolved merge conflict", expected: "one of its two sides" },
  },
  { about: /^\/[/*]/, problem: { message: "this is not a comment in YAML", expected: "# before it" } },
  {
    about: /^- /,
    problem: {
      message: "a list entry among fields",
      expected: "the same indentation as its list's other entries, and a name before the first",
    },
  },
  {
    about: /^[\w-]+:\S/,
    problem: { message: "a missing space after this colon", expected: "name: value" },
  },
];

const deeper: Problem = {
  message: "the line after this value is indented deeper than its field",
  expected: "the same indentation as its siblings",
};

/** Explains why a text is not YAML, and what to write instead. */
export function yamlProblem({ code, message, pos }: YAMLError, text: string): Problem {
  const [line = ""] = /^[^\r\n]*/.exec(text.slice(pos[0])) ?? [];
  if (code === "MULTILINE_IMPLICIT_KEY" && isValueAt(text, pos[0])) return deeper;
  const written = code === "MULTILINE_IMPLICIT_KEY" ? lines.find(({ about }) => about.test(line)) : undefined;
  const known = written ?? problems.find(({ about }) => about.test(`${code} ${message}`));
  return known?.problem ?? { message: message.replace(/ at line \d+, column \d+:[^]*$/, "") };
}

/** Whether a field's value begins here, on the line of its name. */
function isValueAt(text: string, offset: number): boolean {
  const before = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trimEnd();
  return before.endsWith(":");
}

/** The same for a text that contains no `name: value` at all. */
export function proseProblem(text: string): Problem {
  const isNginx = /\{\s*$/m.test(text) && /;\s*$/m.test(text);
  return isNginx
    ? {
        message: "this looks like an nginx config",
        expected: "YAML; docs/coming-from.md shows the equivalents",
      }
    : {
        message: "this is plain text, not fields with values",
        expected: "lines of name: value, the first of them version: 1",
      };
}
