// Files in a bubble: pictures are shown, films and voices have a face of their own and play nowhere.
import { make } from "./wire.js";
import { word } from "./words.js";

export function media(file, lang) {
  const label = { role: "img", "aria-label": word(lang, file.kind), "data-media": file.kind };
  if (file.kind === "photo") return make("img", { src: file.url, alt: word(lang, "photo"), width: file.width, height: file.height, "data-media": "photo" });
  if (file.kind === "video" || file.kind === "animation") return make("div", { class: "film", ...label }, make("span", { class: "play" }, "▶"), make("span", { class: "length", dir: "ltr" }, file.kind === "video" ? "0:12" : "GIF"));
  if (file.kind === "voice" || file.kind === "audio") return sound(file, label);
  return document_(file);
}

export function gallery(files, lang) {
  return make("div", { class: "gallery", "data-testid": "gallery" }, ...files.map((one) => media(one, lang)));
}

function sound(file, label) {
  const heights = [3, 6, 9, 5, 8, 11, 7, 4, 9, 6, 10, 5, 3, 7, 4];
  const wave = make("span", { class: "wave" }, ...heights.map((one) => make("i", { style: `height:${one * 1.6}px` })));
  return make("div", { class: "voice", ...label }, make("span", { class: "play" }, "▶"), file.kind === "audio" ? make("span", { dir: "ltr" }, file.name) : wave, make("span", { class: "length", dir: "ltr" }, file.kind === "audio" ? "0:30" : "0:04"));
}

function document_(file) {
  const size = `${Math.max(1, Math.round(file.size / 1024))} kB`;
  return make("a", { class: "file", href: file.url, download: file.name, "data-testid": "document" }, `📄 ${file.name} · ${size}`);
}
