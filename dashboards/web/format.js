// Numbers, money, days. Money arrives as a decimal string and is written without passing through a float where
// it must tie to the cent.
import { lang } from "./i18n.js";

const locale = () => (lang() === "zh" ? "zh-CN" : "en-GB");
const cache = new Map();
function number(options) {
  const key = locale() + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl.NumberFormat(locale(), options));
  return cache.get(key);
}

export const isNumber = (value) => value !== null && value !== undefined && value !== "" && Number.isFinite(Number(value));

export const count = (value) => (isNumber(value) ? number({ maximumFractionDigits: 0 }).format(Number(value)) : "–");
export const decimal = (value, digits = 1) => (isNumber(value) ? number({ maximumFractionDigits: digits }).format(Number(value)) : "–");

export function percent(value, digits = 1) {
  return isNumber(value) ? number({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Number(value)) : "–";
}

/** Money in full, to the cent; `short` drops the cents of large amounts. */
export function money(value, currency, short = false) {
  if (!isNumber(value)) return "–";
  const whole = short && Math.abs(Number(value)) >= 1000;
  const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  if (whole) Object.assign(options, { maximumFractionDigits: 0, minimumFractionDigits: 0 });
  return number(options).format(whole ? Number(value) : String(value));
}

export const compactMoney = (value, currency) =>
  number({ style: "currency", currency, currencyDisplay: "narrowSymbol", notation: "compact", maximumFractionDigits: 1 }).format(Number(value));

function date(options) {
  const key = `d${locale()}${JSON.stringify(options)}`;
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(locale(), options));
  return cache.get(key);
}

const atNoon = (day) => new Date(`${day}T12:00:00Z`);

export const day = (text) => date({ timeZone: "UTC", day: "numeric", month: "short", year: "numeric" }).format(atNoon(text));
export const shortDay = (text) => date({ timeZone: "UTC", day: "numeric", month: "short" }).format(atNoon(text));
export const weekdayDay = (text) => date({ timeZone: "UTC", weekday: "long", day: "numeric", month: "short" }).format(atNoon(text));
export const isWeekend = (text) => [0, 6].includes(atNoon(text).getUTCDay());

export function instant(text, timeZone) {
  if (!text) return "–";
  return date({ timeZone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(text));
}

/** The local day of an instant, YYYY-MM-DD. */
export const dayIn = (text, timeZone) => new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(text));

/** 1 = Monday. 2024-01-01 was one. */
export const weekday = (index, style = "long") => date({ timeZone: "UTC", weekday: style }).format(new Date(Date.UTC(2024, 0, index, 12)));

const two = (value) => String(value).padStart(2, "0");
export const hours = (hour) => `${two(hour)}:00–${two((hour + 1) % 24)}:00`;

/** The day `days` later, both as YYYY-MM-DD. */
export function shift(text, days) {
  const at = atNoon(text);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export const daysBetween = (from, to) => Math.round((atNoon(to) - atNoon(from)) / 86_400_000) + 1;
