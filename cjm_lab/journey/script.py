"""The little script of the map's HTML: filter, fold and details; nothing depends on it.

It asks for nothing, writes no markup (only text and copies of what is on the page) and may stand
several times on one page. A page with a Content-Security-Policy allows it by `CSP_SOURCE`.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

SCRIPT = """
"use strict";
for (const figure of document.querySelectorAll("figure.cjm:not([data-live])")) {
  figure.dataset.live = "";
  const make = (tag, text, more) => Object.assign(document.createElement(tag),
    {textContent: text}, more);
  const rows = [...figure.querySelectorAll(".cjm-row[data-lane]")];
  const name = row => row.querySelector(".cjm-lane").dataset.name;

  const tools = make("div", "Show ", {className: "cjm-tools"});
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "What the map shows");
  const hidden = new Set();
  for (const [status, words] of [["observed", "observed"], ["reasoned", "reasoned"],
      ["assumed", "assumed"], ["gap", "without evidence"]]) {
    const button = make("button", words, {type: "button"});
    button.setAttribute("aria-pressed", "true");
    button.onclick = () => {
      if (!hidden.delete(status)) hidden.add(status);
      button.setAttribute("aria-pressed", String(!hidden.has(status)));
      figure.dataset.hide = [...hidden].join(" ");
      reach();
    };
    tools.append(button);
  }
  const menu = make("details", ""), list = make("fieldset", "");
  menu.append(make("summary", "Lanes"), list);
  list.append(make("legend", "Lanes", {className: "cjm-hidden"}));
  for (const row of rows) {
    const box = make("input", "", {type: "checkbox", checked: true});
    box.onchange = () => { row.hidden = !box.checked; reach(); };
    const label = make("label", "");
    label.append(box, " " + name(row));
    list.append(label);
  }
  menu.onkeydown = event => {
    if (event.key === "Escape") { menu.open = false; menu.firstChild.focus(); }
  };
  const fold = make("button", "Fold all", {type: "button"});
  tools.append(menu, fold);
  figure.querySelector(".cjm-frame").before(tools);

  const folds = rows.map(row => {
    const lane = row.querySelector(".cjm-lane"), words = lane.querySelector("span");
    const button = make("button", words.textContent, {type: "button"});
    words.replaceWith(button);
    const set = open => {
      button.setAttribute("aria-expanded", String(open));
      row.classList.toggle("cjm-folded", !open);
    };
    set(true);
    button.onclick = () => { set(button.getAttribute("aria-expanded") === "false"); reach(); };
    return set;
  });
  fold.onclick = () => {
    const open = fold.textContent !== "Fold all";
    folds.forEach(set => set(open));
    reach();
    fold.textContent = open ? "Fold all" : "Unfold all";
  };

  const dialog = make("dialog", "", {className: "cjm-dialog"});
  dialog.setAttribute("aria-label", "Details of a cell");
  figure.append(dialog);
  const evidence = figure.querySelector(".cjm-evidence table");
  const known = ["observed", "reasoned", "assumed"];
  const statusOf = cell => known.find(one => cell.classList.contains("cjm-" + one));
  function place(cell) {
    const row = cell.closest(".cjm-row");
    const names = [...figure.querySelectorAll("stages" in row.dataset ?
      ".cjm-stage:not(.cjm-more) span" : ".cjm-twin tbody th")];
    const mates = row.querySelectorAll(":is(.cjm-cell, .cjm-spot):not(.cjm-more)");
    return names[[...mates].indexOf(cell)].textContent;
  }
  function show(cell) {
    const close = make("button", "Close", {type: "button"});
    close.onclick = () => dialog.close();
    dialog.replaceChildren(make("h2", name(cell.closest(".cjm-row")) + ", " + place(cell),
      {dir: "auto"}));
    const words = make("p", cell.title || cell.innerText, {dir: "auto"});
    words.style.whiteSpace = "pre-line";
    dialog.append(words, make("p", "How it is known: " + statusOf(cell) + "."));
    const numbers = (cell.dataset.e || "").split(" ").filter(Boolean);
    if (numbers.length && evidence) {
      const table = make("table", "", {}), body = make("tbody", "");
      numbers.forEach(n => body.append(evidence.tBodies[0].rows[n].cloneNode(true)));
      table.append(evidence.tHead.cloneNode(true), body);
      const box = make("div", "", {className: "cjm-table", tabIndex: 0});
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", "Evidence, scrolls sideways");
      box.append(table);
      dialog.append(box);
    } else dialog.append(make("p", "No row of the ledger stands behind this cell."));
    dialog.append(close);
    dialog.showModal();
  }

  const cells = [...figure.querySelectorAll(known.map(one =>
    `:is(.cjm-cell, .cjm-spot).cjm-${one}:not(.cjm-more)`).join())];
  function reach() {
    for (const cell of cells)
      cell.inert = cell.children.length ?
        ![...cell.children].some(c => c.checkVisibility({visibilityProperty: true})) :
        hidden.has(statusOf(cell));
    const there = cells.filter(cell => !cell.inert && cell.checkVisibility());
    if (there.length && !there.some(cell => cell.tabIndex === 0)) there[0].tabIndex = 0;
  }
  cells.forEach((cell, number) => {
    cell.setAttribute("role", "button");
    cell.setAttribute("aria-haspopup", "dialog");
    cell.tabIndex = number ? -1 : 0;
    cell.onclick = () => { if (!cell.inert) { go(cell); show(cell); } };
    cell.onkeydown = event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(cell); }
      const next = to(cell, event.key);
      if (next) { event.preventDefault(); go(next); }
    };
  });
  function go(cell) {
    cells.forEach(other => { other.tabIndex = other === cell ? 0 : -1; });
    cell.focus();
    cell.scrollIntoView({block: "nearest", inline: "nearest"});
  }
  function to(cell, key) {
    const box = element => element.getBoundingClientRect();
    const middle = element => box(element).left + box(element).width / 2;
    const near = cells.filter(other => !other.inert && other.checkVisibility());
    const mine = near.filter(other => other.closest(".cjm-row") === cell.closest(".cjm-row"));
    if (key === "Home") return mine[0];
    if (key === "End") return mine.at(-1);
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const step = key === "ArrowLeft" ? -1 : 1;
      return mine[mine.indexOf(cell) + step];
    }
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    const down = key === "ArrowDown", order = down ? rows : [...rows].reverse();
    for (const row of order.slice(order.indexOf(cell.closest(".cjm-row")) + 1)) {
      const there = near.filter(other => row.contains(other));
      const away = other => Math.abs(middle(other) - middle(cell));
      if (there.length) return there.reduce((a, b) => away(b) < away(a) ? b : a);
    }
    return undefined;
  }
}
"""

#: What a Content-Security-Policy's ``script-src`` must name to let the script run.
CSP_SOURCE = f"'sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}'"
