// The phone page: who is looking, what they see, and what they do.
import { Browser } from "./browser.js";
import { drawChat } from "./chat.js";
import { Drawer } from "./drawer.js";
import { get, make, post } from "./wire.js";
import { language, word } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const log = $(".log");
const input = $("#input");
const menu = $(".menu");
const drawer = new Drawer($(".drawer"));
const state = { people: [], groups: [], bot: {}, me: null, chatId: null, chat: null, alert: 0 };
const browser = new Browser($(".sheet"), (payload) => send(`/start ${payload}`.trim()));

async function begin() {
  Object.assign(state, await get("/phone/people"));
  const wanted = Number(new URLSearchParams(location.hash.slice(1)).get("as"));
  await become(state.people.find((one) => one.id === wanted) ?? state.people[0]);
  const events = new EventSource("/phone/events");
  events.addEventListener("change", (event) => {
    const { chat } = JSON.parse(event.data);
    // Chat 0 is Stripe.
    if (chat === 0) drawer.refresh();
    if (chat === state.chatId) refresh();
  });
  events.addEventListener("open", refresh);
  const back = new URLSearchParams(location.search).get("return");
  if (back) {
    history.replaceState(null, "", `/${location.hash}`);
    browser.come(back);
  }
}

async function become(person, chatId = person.id) {
  state.me = person;
  state.chatId = chatId;
  state.chat = null;
  history.replaceState(null, "", `#as=${person.id}`);
  const lang = language(person);
  document.documentElement.lang = lang;
  document.documentElement.dir = lang === "ar" ? "rtl" : "ltr";
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(lang, one.dataset.word);
  log.replaceChildren();
  drawPeople();
  await refresh(true);
}

function drawPeople() {
  const tab = (label, isCurrent, act, id) => make("button", { type: "button", "aria-current": isCurrent ? "true" : null, "data-person": id, onclick: act }, label);
  const people = state.people.map((one) => tab(one.first_name + (one.role === "admin" ? " ★" : ""), one.id === state.me.id && state.chatId === one.id, () => become(one), one.id));
  const groups = state.groups.map((one) => tab(`👥 ${one.title}`, state.chatId === one.id, () => become(state.me, one.id), one.id));
  $(".people").replaceChildren(...people, ...groups);
}

// Answers may overtake one another: only that of the newest question is drawn.
let questions = 0;

async function refresh(isNew = false) {
  const asked = state.chatId;
  const mine = ++questions;
  const chat = await get(`/phone/chats/${asked}?as=${state.me.id}`);
  if (mine !== questions) return;
  const lang = language(state.me);
  state.chat = chat;
  $("[data-testid=title]").textContent = chat.title;
  $(".status").textContent = chat.blocked ? word(lang, "blocked") : chat.typing ? word(lang, "typing") : word(lang, "bot");
  drawChat(log, chat, lang, press);
  const isEmpty = chat.messages.length === 0 && chat.id > 0;
  $(".start").hidden = !isEmpty;
  $(".start").textContent = word(lang, "start");
  $(".write").hidden = isEmpty;
  if (chat.alert && chat.alert.n > state.alert && isNew !== true) toast(chat.alert.text);
  state.alert = chat.alert?.n ?? 0;
  await drawer.show(lang, state.me, chat);
}

async function send(text) {
  if (text.trim()) await post(`/phone/chats/${state.chatId}/send`, { as: state.me.id, text });
}

async function press(message, button, row, column) {
  if (button.kind === "callback") await post(`/phone/chats/${state.chatId}/tap`, { as: state.me.id, message_id: message.id, row, column });
  if (button.kind === "url") follow(button.url);
  if (button.kind === "copy") {
    await navigator.clipboard?.writeText(button.copy);
    toast(word(language(state.me), "copied"));
  }
}

function follow(url) {
  if (url.startsWith(`https://t.me/${state.bot.username}`)) {
    if (state.chatId < 0) become(state.me).then(() => browser.come(url));
    else browser.come(url);
  } else browser.open(url, language(state.me));
}

function toast(text) {
  const box = $(".toast");
  box.textContent = text;
  box.hidden = false;
  setTimeout(() => (box.hidden = true), 3000);
}

function showMenu(isShown) {
  menu.hidden = !isShown;
  $("[data-testid=commands]").setAttribute("aria-expanded", String(isShown));
  const choose = (command) => async () => { showMenu(false); await send(`/${command}`); input.focus(); };
  menu.replaceChildren(...(state.chat?.commands ?? []).map((one) => make("button", { type: "button", role: "menuitem", onclick: choose(one.command) }, make("b", { dir: "ltr" }, `/${one.command}`), make("span", { dir: "auto" }, one.description))));
}

$(".write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = input.value;
  input.value = "";
  showMenu(false);
  await send(text);
});
input.addEventListener("input", () => showMenu(input.value === "/"));
$("[data-testid=commands]").addEventListener("click", () => showMenu(menu.hidden));
$(".start").addEventListener("click", () => send("/start"));
log.addEventListener("click", (event) => {
  const link = event.target.closest(".text a");
  if (link) { event.preventDefault(); follow(link.href); }
});
function openDrawer(isOpen) {
  document.body.classList.toggle("drawer-open", isOpen);
  $("[data-testid=open-drawer]").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("[data-testid=close-drawer]").focus();
}
$("[data-testid=open-drawer]").addEventListener("click", () => openDrawer(!document.body.classList.contains("drawer-open")));
$("[data-testid=close-drawer]").addEventListener("click", () => { openDrawer(false); $("[data-testid=open-drawer]").focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  showMenu(false);
  openDrawer(false);
});
begin();
