// What was typed, on the phones and in the meters: characters as people count them, and bytes.

import { isPersonal } from "./personal.js";

const SAID = [0.9, 1]; // shares of a limit that are announced, not every key
const ANDROID_LINE = 50;
const NARROW = "\u202f";
const segmenter = Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
const encoder = new TextEncoder();

export const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, NARROW);
const graphemes = (text) => (segmenter ? [...segmenter.segment(text)].length : [...text].length);
const bytes = (text) => encoder.encode(text).length;

export function startMeters(form) {
  const title = form.elements.title;
  const body = form.elements.body;
  const said = { title: 0, body: 0 };

  function draw() {
    count(form, "title", title.value, Number(form.dataset.titleSoft), said);
    count(form, "body", body.value, Number(form.dataset.bodySoft), said);
    if (!isPersonal(form)) {
      show("title", title.value.trim() || "Title");
      show("body", body.value.trim() || "Text");
      cut(graphemes(body.value.trim()));
      lost(form, body.value.trim());
    }
    payload(Number(form.dataset.bytesMax), bytes(title.value) + bytes(body.value));
  }

  form.addEventListener("input", (event) => {
    if (event.target === title || event.target === body) draw();
  });
  // Fragments bring phones and meters as the server last knew them: put in what is typed now.
  document.addEventListener("htmx:afterSettle", draw);
  draw();
}

function count(form, name, text, soft, said) {
  const place = form.querySelector(`[data-count="${name}"] .tn`);
  const n = graphemes(text.trim());
  place.textContent = number(n);
  const share = n / soft;
  const level = SAID.filter((limit) => share >= limit).length;
  if (level > said[name]) {
    const label = name === "title" ? "Title" : "Text";
    document.getElementById("limits").textContent = `${label}: ${n} of ${soft} suggested characters`;
  }
  said[name] = level;
}

function show(name, text) {
  for (const place of document.querySelectorAll(`#preview [data-preview="${name}"]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

function cut(n) {
  const meter = document.querySelector("#cut .cut");
  if (!meter) return;
  const ticks = [...meter.querySelectorAll("g[data-at]")];
  for (const tick of ticks) {
    tick.classList.toggle("over", n > Number(tick.dataset.at));
  }
  const [first] = ticks;
  const at = parseFloat(first.querySelector("line").getAttribute("x1"));
  const perCharacter = at / Number(first.dataset.at);
  meter.querySelector(".fill").setAttribute("width", `${Math.min(100, n * perCharacter)}%`);
  const over = ticks.filter((tick) => tick.classList.contains("over"));
  const words = document.querySelector("#cut .vh");
  if (words) {
    words.textContent = over.length
      ? `Cut on: ${over.map((tick) => tick.textContent).join(", ")}.`
      : "Read in full on every screen.";
  }
}

function lost(form, text) {
  const note = document.getElementById("android-cut");
  const picture = form.elements.image_kept.value !== "";
  const kept = text.slice(0, ANDROID_LINE).split(" ").slice(0, -1).join(" ");
  const rest = text.slice(kept.length).trim().replace(/\s+/g, " ");
  note.hidden = !picture || text.length <= ANDROID_LINE;
  note.querySelector("[data-lost]").textContent = rest.length > 40 ? `${rest.slice(0, 39)}…` : rest;
}

function payload(most, typed) {
  const place = document.querySelector("#payload [data-bytes]");
  if (!place?.dataset.rest) return;
  const all = Number(place.dataset.rest) + typed;
  place.textContent = number(all);
  const svg = document.querySelector("#payload svg");
  svg.setAttribute("aria-label", `${all} of ${most} bytes used`);
  svg.classList.toggle("over", all > most);
  svg.querySelector("rect").setAttribute("width", `${Math.min(100, (100 * all) / most)}%`);
}
