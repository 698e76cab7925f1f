// Amounts are whole minor units with a currency, on the wire and here; only people see a point.

export const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

export function money(minor, currency) {
  const places = digits(currency);
  const text = String(minor).padStart(places + 1, "0");
  return `${places ? `${text.slice(0, -places)}.${text.slice(-places)}` : text} ${currency}`;
}

// What somebody typed, in minor units; null where it is no amount. A comma is a point.
export function minor(typed, currency) {
  const places = digits(currency);
  const found = /^\s*(\d{0,9})(?:[.,](\d+))?\s*$/.exec(typed);
  if (!found || (found[1] === "" && found[2] === undefined) || (found[2] ?? "").length > places) return null;
  return Number((found[1] || "0") + (found[2] ?? "").padEnd(places, "0"));
}
