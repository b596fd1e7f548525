// The bubbles: drawn by message id, so that an edit keeps its place, the scroll and the focus.
import { make } from "./wire.js";
import { word } from "./words.js";

export function drawChat(log, chat, lang, act) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const known = new Map([...log.children].map((child) => [child.dataset.messageId, child]));
  const wanted = new Set(chat.messages.map((message) => String(message.id)));
  for (const [id, child] of known) if (!wanted.has(id)) child.remove();
  let before = null;
  let news = false;
  for (const message of chat.messages) {
    const state = JSON.stringify([message, lang]);
    let child = known.get(String(message.id));
    if (!child || child.dataset.state !== state) {
      const fresh = bubble(message, lang, act);
      fresh.dataset.state = state;
      const focused = child?.contains(document.activeElement) ? document.activeElement.dataset.button : null;
      if (child) child.replaceWith(fresh);
      else news = true;
      child = fresh;
      if (focused) (child.querySelector(`[data-button="${CSS.escape(focused)}"]`) ?? child.querySelector("button"))?.focus();
    }
    const expected = before ? before.nextSibling : log.firstChild;
    if (expected !== child) log.insertBefore(child, expected);
    before = child;
  }
  if (news || atEnd) log.scrollTop = log.scrollHeight;
}

// The people are in Morocco, wherever this browser is.
const TIME = { hour: "2-digit", minute: "2-digit", timeZone: "Africa/Casablanca" };

function bubble(message, lang, act) {
  const body = make("div", { class: "bubble" });
  if (message.sender === "other") body.append(make("strong", { class: "name" }, message.name));
  if (message.media?.kind === "photo") body.append(make("img", { src: message.media.url, alt: "" }));
  else if (message.media) body.append(file(message.media));
  body.append(text(message.html));
  const time = new Date(message.time * 1000).toLocaleTimeString(lang, TIME);
  body.append(make("span", { class: "time" }, (message.edited ? `${word(lang, "edited")} ` : "") + time));
  const whole = make("article", { class: `message ${message.sender}`, "data-message-id": message.id }, body);
  if (message.keyboard.length) whole.append(keyboard(message, act));
  return whole;
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

function file(document) {
  const size = `${Math.max(1, Math.round(document.size / 1024))} kB`;
  return make("a", { class: "file", href: document.url, download: document.name, "data-testid": "document" }, `📄 ${document.name} · ${size}`);
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
