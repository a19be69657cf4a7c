// Elements without innerHTML: text can never become markup.

/** `h("p", {class: "x", onclick: f}, "text", node)`; null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  set(node, attributes);
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(node, attributes);
  node.append(...children);
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
}

export const at = (id) => document.getElementById(id);
export const fill = (node, ...children) => node.replaceChildren(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));

/** A plain table, the readable twin of a drawing. */
export function plainTable(heads, rows) {
  return h(
    "table",
    { class: "plain" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, index) => (index === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell)))))),
  );
}
