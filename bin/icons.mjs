// node bin/icons.mjs <unpacked @tabler/icons> <icons.txt>: one SVG sprite on standard output.
import { readFileSync } from "node:fs";

const [source, list] = process.argv.slice(2);
const names = readFileSync(list, "utf8").split("\n").filter(Boolean);

const symbols = names.map((name) => {
  const svg = readFileSync(`${source}/icons/outline/${name}.svg`, "utf8");
  const shapes = svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, "")
    .replace(/\s*\n\s*/g, "")
    .replace(/\s+\/>/g, "/>");
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
});

process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
