// The bubbles: drawn by message id, so that an edit keeps its place, the scroll and the focus.
import { gallery, media } from "./media.js";
import { make } from "./wire.js";
import { word } from "./words.js";

// `acts` are `press(message, button, row, column)` and `answer(message)`.
export function drawChat(log, messages, lang, acts) {
  const drawn = withAlbums(messages);
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const known = new Map([...log.children].map((child) => [child.dataset.messageId, child]));
  const wanted = new Set(drawn.map((message) => String(message.id)));
  for (const [id, child] of known) if (!wanted.has(id)) child.remove();
  let before = null;
  let news = false;
  for (const message of drawn) {
    const state = JSON.stringify([message, lang]);
    let child = known.get(String(message.id));
    if (!child || child.dataset.state !== state) {
      const fresh = message.service ? notice(message, lang) : bubble(message, lang, acts);
      fresh.dataset.state = state;
      const focused = child?.contains(document.activeElement) ? document.activeElement.dataset.button : null;
      if (child) child.replaceWith(fresh);
      else news = true;
      child = fresh;
      if (focused) (child.querySelector(`[data-button="${CSS.escape(focused)}"]`) ?? child.querySelector(".keyboard button"))?.focus();
    }
    const expected = before ? before.nextSibling : log.firstChild;
    if (expected !== child) log.insertBefore(child, expected);
    before = child;
  }
  // Pictures come later and push down; whoever was at the end stays there.
  log.isAtEnd = news || atEnd;
  if (log.isAtEnd) log.scrollTop = log.scrollHeight;
}

// The parts of an album are one bubble; its words stand with any of them.
function withAlbums(messages) {
  const whole = [];
  for (const message of messages) {
    const first = message.group && whole.at(-1)?.group === message.group ? whole.at(-1) : null;
    if (!first) whole.push(message.group ? { ...message, parts: [message.media] } : message);
    else Object.assign(first, { parts: [...first.parts, message.media], html: first.html || message.html });
  }
  return whole;
}

// The people are in Morocco, wherever this browser is.
const TIME = { hour: "2-digit", minute: "2-digit", timeZone: "Africa/Casablanca" };

function bubble(message, lang, acts) {
  const body = make("div", { class: "bubble" });
  if (message.sender === "other") body.append(make("strong", { class: "name" }, message.name));
  if (message.reply) body.append(quote(message.reply));
  if (message.parts) body.append(gallery(message.parts, lang));
  else if (message.media) body.append(media(message.media, lang));
  if (message.contact) body.append(make("p", { class: "contact", "data-testid": "contact" }, `👤 ${message.contact}`));
  if (message.html || !(message.media || message.contact)) body.append(text(message.html));
  const time = new Date(message.time * 1000).toLocaleTimeString(lang, TIME);
  const answer = make("button", { type: "button", class: "answer", title: word(lang, "reply"), "aria-label": word(lang, "reply"), onclick: () => acts.answer(message) }, "↩");
  body.append(make("span", { class: "time" }, answer, (message.edited ? `${word(lang, "edited")} ` : "") + time));
  const whole = make("article", { class: `message ${message.sender}`, "data-message-id": message.id }, body);
  if (message.keyboard.length) whole.append(keyboard(message, acts.press));
  return whole;
}

function notice(message, lang) {
  const words = word(lang, message.service.kind);
  return make("p", { class: "notice", "data-message-id": message.id }, words, message.service.name ? make("bdi", {}, ` ${message.service.name}`) : "");
}

function quote(reply) {
  const words = make("span", { dir: "auto" });
  words.innerHTML = reply.html || "…";
  return make("blockquote", { class: "quote" }, make("strong", {}, reply.name), words);
}

// The server's html is escaped but for Telegram's few tags; each line finds its own direction.
function text(html) {
  const box = make("div", { class: "text" });
  for (const line of html.split("\n")) {
    const row = make("p", { dir: "auto" });
    row.innerHTML = line || "&nbsp;";
    box.append(row);
  }
  return box;
}

function keyboard(message, act) {
  const box = make("div", { class: "keyboard" });
  message.keyboard.forEach((row, r) => {
    const line = make("div", { class: "row" });
    row.forEach((button, c) => {
      const mark = button.kind === "url" ? " ↗" : button.kind === "copy" ? " ⧉" : "";
      line.append(
        make(
          "button",
          { type: "button", dir: "auto", class: button.style ?? "", "data-button": button.text, "data-kind": button.kind, disabled: button.kind === "disabled", onclick: () => act(message, button, r, c) },
          button.text + mark,
        ),
      );
    });
    box.append(line);
  });
  return box;
}
