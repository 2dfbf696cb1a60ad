// node bin/tabler.mjs tabler.min.css: on standard output the part of Tabler that our sheets build
// on: the reset of plain elements, and the classes in KEEP. Of its custom properties only those
// that the kept rules read.
import { readFileSync } from "node:fs";

const KEEP = new Set([
  "btn", "btn-icon", "btn-lg", "btn-sm",
  "form-control", "form-select", "form-check-input",
  "active", "disabled", "show",
]);
const DROP = /:(is|not)\(\.(?!btn|form-)|::-webkit-(?!search|inner|outer|file|date|calendar)|\[dir=rtl\]|\[data-bs-theme-|print-/;

/** [{head, body}] of the rules in `css`; comments are skipped. */
function rules(css) {
  const found = [];
  let at = 0;
  while (at < css.length) {
    if (css.startsWith("/*", at)) {
      at = css.indexOf("*/", at) + 2;
      continue;
    }
    const open = css.indexOf("{", at);
    const end = css.indexOf(";", at);
    if (open < 0) break;
    if (end >= 0 && end < open) {
      at = end + 1; // @charset, @import
      continue;
    }
    let depth = 1;
    let close = open + 1;
    for (; depth; close++) {
      if (css[close] === "{") depth++;
      else if (css[close] === "}") depth--;
    }
    found.push({ head: css.slice(at, open).trim(), body: css.slice(open + 1, close - 1) });
    at = close;
  }
  return found;
}

/** Split at `mark` outside of brackets and quotes. */
function split(text, mark) {
  const parts = [];
  let depth = 0;
  let quote = "";
  let part = "";
  for (const sign of text) {
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if ("([".includes(sign)) depth++;
    else if (")]".includes(sign)) depth--;
    if (sign === mark && !depth && !quote) {
      parts.push(part);
      part = "";
    } else part += sign;
  }
  return [...parts, part].map((each) => each.trim()).filter(Boolean);
}

function wanted(selector) {
  if (DROP.test(selector)) return false;
  const classes = [...selector.matchAll(/\.(-?[a-zA-Z_][\w-]*)/g)].map(([, name]) => name);
  return classes.every((name) => KEEP.has(name));
}

function trim(css) {
  return rules(css).flatMap(({ head, body }) => {
    if (head.startsWith("@media") || head.startsWith("@supports")) {
      const inner = head.includes("print") ? [] : trim(body);
      return inner.length ? [{ head, inner }] : [];
    }
    if (head.startsWith("@")) return [];
    const selectors = split(head, ",").filter(wanted);
    return selectors.length ? [{ head: selectors.join(","), lines: split(body, ";") }] : [];
  });
}

const flat = (kept) => kept.flatMap((rule) => (rule.inner ? flat(rule.inner) : [rule]));
const read = (line) => [...line.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name);
const nameOf = (line) => (line.startsWith("--") ? line.slice(0, line.indexOf(":")).trim() : "");

/** Custom properties that some kept line reads, also through another property. */
function needed(kept) {
  const lines = flat(kept).flatMap((rule) => rule.lines);
  const names = new Set(lines.filter((line) => !nameOf(line)).flatMap(read));
  for (let grew = true; grew; ) {
    const before = names.size;
    for (const line of lines) if (names.has(nameOf(line))) read(line).forEach((each) => names.add(each));
    grew = names.size > before;
  }
  return names;
}

function written(kept, names) {
  return kept
    .map((rule) => {
      if (rule.inner) {
        const inner = written(rule.inner, names);
        return inner && `${rule.head}{\n${inner}}\n`;
      }
      const lines = rule.lines.filter((line) => !nameOf(line) || names.has(nameOf(line)));
      return lines.length ? `${rule.head}{${lines.join(";")}}\n` : "";
    })
    .join("");
}

const source = readFileSync(process.argv[2], "utf8");
const licence = source.slice(source.indexOf("/*!"), source.indexOf("*/") + 2);
const kept = trim(source);
process.stdout.write(`${licence}\n${written(kept, needed(kept))}`);
