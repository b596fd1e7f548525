// The page's own words; the bot brings its own. The drawer's are beside.
import { CONTROLS } from "./drawer-words.js";

const WORDS = {
  en: { mark: "Sandbox: no real money moves.", controls: "Sandbox controls", menu: "Menu", message: "Message", send: "Send", close: "Close", bot: "bot", typing: "typing…", edited: "edited", start: "START", outside: "Telegram would open this outside:", copied: "Copied", blocked: "You blocked the bot", people: "People" },
  fr: { mark: "Bac à sable : aucun argent réel ne bouge.", controls: "Réglages du bac à sable", menu: "Menu", message: "Message", send: "Envoyer", close: "Fermer", bot: "bot", typing: "écrit…", edited: "modifié", start: "DÉMARRER", outside: "Telegram ouvrirait ceci au dehors :", copied: "Copié", blocked: "Vous avez bloqué le bot", people: "Personnes" },
  ar: { mark: "بيئة تجريبية: لا يتحرك أي مال حقيقي.", controls: "أدوات التجربة", menu: "القائمة", message: "رسالة", send: "إرسال", close: "إغلاق", bot: "بوت", typing: "يكتب…", edited: "معدّلة", start: "ابدأ", outside: "سيفتح تيليغرام هذا خارج المحادثة:", copied: "تم النسخ", blocked: "لقد حظرت البوت", people: "الأشخاص" },
};
export const language = (person) => (person && WORDS[person.language_code] ? person.language_code : "en");
export const word = (lang, key) => WORDS[lang][key] ?? CONTROLS[lang][key] ?? key;
