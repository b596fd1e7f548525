// The page: whose phones stand on it, which of them the tabs and the drawer are about, and news for all of them.
import { Drawer } from "./drawer.js";
import { Handset } from "./handset.js";
import { get, make } from "./wire.js";
import { language, word } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const WIDE = matchMedia("(min-width: 90rem)");
const drawer = new Drawer($(".drawer"));
const page = {
  people: [], groups: [], bot: {}, phones: [], active: null,
  activate, openDrawer,
  // What the active phone shows is what the drawer is about.
  shown: (phone) => (phone === page.active ? drawer.show(language(phone.me), phone.me, phone.chat) : null),
  became: () => { speak(); draw(); },
};

async function begin() {
  Object.assign(page, await get("/phone/people"));
  const asked = (new URLSearchParams(location.hash.slice(1)).get("as") ?? "").split(",").map(Number);
  let wanted = asked.map((id) => page.people.find((one) => one.id === id)).filter(Boolean);
  if (!wanted.length) wanted = WIDE.matches ? beside() : page.people.slice(0, 1);
  for (const person of wanted) add(person);
  activate(page.phones[0]);
  await Promise.all(page.phones.map((phone) => phone.refresh(true)));
  const events = new EventSource("/phone/events");
  events.addEventListener("change", (event) => {
    const { chat } = JSON.parse(event.data);
    // Chat 0 is Stripe, and the donors who have no phones.
    if (chat === 0) drawer.refresh();
    for (const phone of page.phones) if (phone.chatId === chat) phone.refresh();
  });
  events.addEventListener("open", () => page.phones.forEach((phone) => phone.refresh()));
  const back = new URLSearchParams(location.search).get("return");
  if (back) {
    history.replaceState(null, "", `/${location.hash}`);
    page.active.browser.come(back);
  }
}

// An admin's phone beside two donors' who write in different directions.
function beside() {
  const admins = page.people.filter((one) => one.role === "admin");
  const donors = page.people.filter((one) => one.role !== "admin");
  return [admins[0], donors[0], donors[donors.length - 1]];
}

function add(person) {
  const phone = new Handset(page, person);
  page.phones.push(phone);
  $(".phones").append(phone.element);
}

function activate(phone) {
  if (page.active === phone) return;
  page.active = phone;
  speak();
  draw();
  if (phone.chat) page.shown(phone);
}

// The page around the phones speaks as the person whose phone is looked at.
function speak() {
  const lang = language(page.active.me);
  const dir = lang === "ar" ? "rtl" : "ltr";
  document.documentElement.lang = lang;
  // Among several phones nothing may change sides while one is being tapped.
  document.documentElement.dir = page.phones.length > 1 ? "ltr" : dir;
  for (const one of [$(".mark"), $(".people"), $(".drawer")]) one.dir = dir;
  for (const one of document.querySelectorAll("body > [data-word], .drawer [data-word]")) one.textContent = word(lang, one.dataset.word);
}

function draw() {
  const { me, chatId } = page.active;
  history.replaceState(null, "", `#as=${page.phones.map((one) => one.me.id).join(",")}`);
  document.body.classList.toggle("several", page.phones.length > 1);
  for (const phone of page.phones) phone.element.classList.toggle("active", phone === page.active);
  const tab = (label, isCurrent, act, id) => make("button", { type: "button", "aria-current": isCurrent ? "true" : null, "data-person": id, onclick: act }, label);
  const people = page.people.map((one) => tab(one.first_name + (one.role === "admin" ? " ★" : ""), one.id === me.id && chatId === one.id, () => show(one), one.id));
  const groups = page.groups.filter((one) => one.members.includes(me.id)).map((one) => tab(`👥 ${one.title}`, chatId === one.id, () => page.active.become(me, one.id), one.id));
  const several = page.phones.length > 1;
  const beside = make("button", { type: "button", class: "beside", "data-testid": "beside", "aria-pressed": String(several), onclick: toggle }, word(language(me), several ? "onePhone" : "beside"));
  const focused = document.activeElement?.closest(".people") ? document.activeElement.dataset : null;
  $(".people").replaceChildren(...people, ...groups, beside);
  if (focused) $(focused.person ? `.people [data-person="${focused.person}"]` : ".people .beside")?.focus();
}

function show(person) {
  const theirs = page.phones.find((one) => one.me.id === person.id && one.chatId === person.id);
  if (theirs) activate(theirs);
  else page.active.become(person);
}

async function toggle() {
  if (page.phones.length > 1) {
    for (const phone of page.phones) if (phone !== page.active) phone.remove();
    page.phones = [page.active];
  } else {
    const others = beside().filter((one) => one.id !== page.active.me.id);
    for (const person of others.slice(0, 2)) add(person);
  }
  speak();
  draw();
  await Promise.all(page.phones.map((phone) => phone.refresh(true)));
}

function openDrawer(isOpen) {
  document.body.classList.toggle("drawer-open", isOpen);
  for (const one of document.querySelectorAll("[data-testid=open-drawer]")) one.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("[data-testid=close-drawer]").focus();
}
$("[data-testid=close-drawer]").addEventListener("click", () => { openDrawer(false); page.active.find("[data-testid=open-drawer]").focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const phone of page.phones) phone.showMenu(null);
  openDrawer(false);
});
begin();
