// What opens above the writing line: the bot's commands, and what can be sent besides text.
import { make } from "./wire.js";

export function commands(phone) {
  const choose = (command) => async () => { phone.showMenu(null); await phone.send(`/${command}`); phone.input.focus(); };
  return (phone.chat?.commands ?? []).map((one) => item(choose(one.command), {}, make("b", { dir: "ltr" }, `/${one.command}`), make("span", { dir: "auto" }, one.description)));
}

const KINDS = [["photo", "🖼"], ["video", "🎞"], ["voice", "🎤"], ["document", "📄"], ["album", "🗂"]];

export function attachments(phone) {
  const choose = (kind, person) => async () => { phone.showMenu(null); await phone.attach(kind, person); phone.input.focus(); };
  const files = KINDS.map(([kind, sign]) => item(choose(kind), { "data-attach": kind }, ...signed(sign, phone.say(kind))));
  const others = phone.page.people.filter((one) => one.id !== phone.me.id);
  const contacts = others.map((one) => item(choose("contact", one.id), { "data-attach": `contact-${one.id}` }, ...signed("👤", `${phone.say("contactOf")} ${one.first_name}`)));
  return [...files, ...contacts, item(choose("contact", 0), { "data-attach": "contact-0" }, ...signed("👤", phone.say("contactOutside")))];
}

function item(act, more, ...parts) {
  return make("button", { type: "button", role: "menuitem", onclick: act, ...more }, ...parts);
}

function signed(sign, label) {
  return [make("span", { "aria-hidden": "true" }, sign), make("b", { dir: "auto" }, label)];
}
