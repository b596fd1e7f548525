// One phone: whose it is, which chat it shows, and what is done on it.
import { attachments, commands } from "./menus.js";
import { Browser } from "./browser.js";
import { drawChat } from "./chat.js";
import { get, make, post } from "./wire.js";
import { language, word } from "./words.js";

export class Handset {
  constructor(page, person) {
    this.page = page;
    this.element = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.log = this.find(".log");
    this.input = this.find("input");
    this.menu = this.find(".menu");
    this.browser = new Browser(this.find(".sheet"), (payload) => this.send(`/start ${payload}`.trim()));
    // Answers may overtake one another: only that of the newest question is drawn.
    this.questions = 0;
    this.alert = 0;
    this.listen();
    this.take(person, person.id);
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  get lang() {
    return language(this.me);
  }

  say(key) {
    return word(this.lang, key);
  }

  take(person, chatId) {
    Object.assign(this, { me: person, chatId, chat: null, thread: undefined, answered: null });
    this.element.dataset.testid = `phone-${person.id}`;
    this.element.lang = this.lang;
    this.element.dir = this.lang === "ar" ? "rtl" : "ltr";
    for (const one of this.element.querySelectorAll("[data-word]")) one.textContent = this.say(one.dataset.word);
    this.log.replaceChildren();
    this.showMenu(null);
    this.answer(null);
    this.drawWho();
  }

  async become(person, chatId = person.id) {
    this.take(person, chatId);
    this.page.became();
    await this.refresh(true);
  }

  remove() {
    this.questions += 1;
    this.browser.stop();
    this.element.remove();
  }

  drawWho() {
    const { people, groups } = this.page;
    const option = (value, label) => make("option", { value, selected: value === `${this.me.id} ${this.chatId}` }, label);
    const mine = (person) => groups.filter((one) => one.members.includes(person.id)).map((one) => option(`${person.id} ${one.id}`, `${person.first_name} · 👥 ${one.title}`));
    const choices = people.flatMap((one) => [option(`${one.id} ${one.id}`, one.first_name + (one.role === "admin" ? " ★" : "")), ...mine(one)]);
    const who = this.find(".who-is");
    who.setAttribute("aria-label", this.say("people"));
    who.replaceChildren(...choices);
  }

  async refresh(isNew = false) {
    const mine = ++this.questions;
    const chat = await get(`/phone/chats/${this.chatId}?as=${this.me.id}`);
    if (mine !== this.questions) return;
    const isOther = JSON.stringify(this.chat?.commands) !== JSON.stringify(chat.commands);
    this.chat = chat;
    if (isOther && this.shownMenu === "commands") this.showMenu("commands");
    this.find("[data-testid=title]").textContent = chat.title;
    this.find(".status").textContent = chat.blocked ? this.say("blocked") : chat.typing ? this.say("typing") : this.say(chat.id < 0 ? "group" : "bot");
    this.drawTopics();
    const isHere = (message) => this.thread === undefined || message.thread === this.thread;
    drawChat(this.log, chat.messages.filter(isHere), this.lang, { press: (...all) => this.press(...all), answer: (message) => this.answer(message) });
    const isEmpty = chat.messages.length === 0 && chat.id > 0;
    this.find(".start").hidden = !isEmpty;
    this.find(".start").textContent = this.say("start");
    this.find(".write").hidden = isEmpty;
    if (chat.alert && chat.alert.n > this.alert && isNew !== true) this.toast(chat.alert.text);
    this.alert = chat.alert?.n ?? 0;
    await this.page.shown(this);
  }

  drawTopics() {
    const box = this.find(".topics");
    box.hidden = !this.chat.forum;
    const go = (thread) => () => { this.thread = thread; this.answer(null); this.refresh(); };
    const tab = (thread, label) => make("button", { type: "button", dir: "auto", "data-topic": String(thread), "aria-pressed": String(this.thread === thread), onclick: go(thread) }, label);
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.topic : null;
    const topics = this.chat.topics.map((one) => tab(one.id, (one.closed ? "🔒 " : "") + one.name));
    const current = this.chat.topics.find((one) => one.id === this.thread);
    const shut = () => post(`/phone/chats/${this.chatId}/topic`, { as: this.me.id, thread: current.id, closed: !current.closed });
    const gate = current ? [make("button", { type: "button", class: "gate", "data-topic": "gate", onclick: shut }, this.say(current.closed ? "reopenTopic" : "closeTopic"))] : [];
    box.replaceChildren(tab(undefined, this.say("allTopics")), tab(null, this.say("general")), ...topics, ...gate);
    if (focused) box.querySelector(`[data-topic="${focused}"]`)?.focus();
  }

  // Where what is sent now goes: as whom, to which topic, as an answer to what.
  get place() {
    const place = { as: this.me.id, thread: this.thread ?? null, reply_to: this.answered?.id ?? null };
    this.answer(null);
    return place;
  }

  async send(text) {
    if (text.trim()) await post(`/phone/chats/${this.chatId}/send`, { ...this.place, text });
  }

  async attach(kind, person) {
    const text = this.input.value;
    this.input.value = "";
    await post(`/phone/chats/${this.chatId}/attach`, { ...this.place, kind, person, text });
  }

  answer(message) {
    this.answered = message;
    this.find(".answering").hidden = !message;
    if (!message) return;
    this.find(".quoted").textContent = `↩ ${message.name}: ${this.find(`[data-message-id="${message.id}"] .text`)?.innerText ?? ""}`;
    this.input.focus();
  }

  async press(message, button, row, column) {
    if (button.kind === "callback") await post(`/phone/chats/${this.chatId}/tap`, { as: this.me.id, message_id: message.id, row, column });
    if (button.kind === "url") this.follow(button.url);
    if (button.kind === "copy") {
      await navigator.clipboard?.writeText(button.copy);
      this.toast(this.say("copied"));
    }
  }

  follow(url) {
    if (url.startsWith(`https://t.me/${this.page.bot.username}`)) {
      if (this.chatId < 0) this.become(this.me).then(() => this.browser.come(url));
      else this.browser.come(url);
    } else this.browser.open(url, this.lang);
  }

  toast(text) {
    const box = this.find(".toast");
    box.textContent = text;
    box.hidden = false;
    setTimeout(() => (box.hidden = true), 3000);
  }

  // `kind` is "commands", "attach", or nothing.
  showMenu(kind) {
    const items = { commands, attach: attachments }[kind]?.(this) ?? [];
    this.shownMenu = kind;
    this.menu.hidden = !kind;
    this.menu.replaceChildren(...items);
    for (const one of ["commands", "attach"]) this.find(`[data-testid=${one}]`).setAttribute("aria-expanded", String(kind === one));
  }

  listen() {
    const toggle = (kind) => () => this.showMenu(this.shownMenu === kind ? null : kind);
    this.find(".write").addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.input.value;
      this.input.value = "";
      this.showMenu(null);
      await this.send(text);
    });
    this.input.addEventListener("input", () => {
      if (this.input.value === "/") this.showMenu("commands");
      else if (this.shownMenu === "commands") this.showMenu(null);
    });
    this.find("[data-testid=commands]").addEventListener("click", toggle("commands"));
    this.find("[data-testid=attach]").addEventListener("click", toggle("attach"));
    this.find("[data-testid=cancel-reply]").addEventListener("click", () => { this.answer(null); this.input.focus(); });
    this.find(".start").addEventListener("click", () => this.send("/start"));
    this.find(".who-is").addEventListener("change", (event) => {
      const [id, chatId] = event.target.value.split(" ").map(Number);
      this.become(this.page.people.find((one) => one.id === id), chatId);
    });
    this.log.addEventListener("click", (event) => {
      const link = event.target.closest(".text a");
      if (link) { event.preventDefault(); this.follow(link.href); }
    });
    this.log.addEventListener("load", () => { if (this.log.isAtEnd) this.log.scrollTop = this.log.scrollHeight; }, true);
    for (const kind of ["focusin", "pointerdown"]) this.element.addEventListener(kind, () => this.page.activate(this));
    this.find("[data-testid=open-drawer]").addEventListener("click", () => this.page.openDrawer(!document.body.classList.contains("drawer-open")));
  }
}
