"use strict";
const table = document.getElementById("table"), body = table.tBodies[0];
const heads = Array.from(table.querySelectorAll("thead th"));
// What a row is found by: what it shows, and the references that it lets copy.
const words = row => [...row.cells].slice(0, -1).map(cell => cell.textContent)
  .concat([...row.querySelectorAll("button")].map(button => button.value)).join(" ").toLowerCase();
const rows = Array.from(body.rows, row => ({ row, text: words(row), state: row.dataset.state }));
const search = document.getElementById("search"), state = document.getElementById("state"), shown = document.getElementById("shown"), more = document.getElementById("more");

// A browser needs seconds to lay out ten thousand rows, and nobody reads them all.
const FIRST = 500;
let limit = FIRST;

function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { row, text, state: found } of rows) {
    const fits = (!state.value || found === state.value) && wanted.every(word => text.includes(word));
    count += fits;
    row.hidden = !fits || count > limit;
  }
  more.hidden = count <= limit;
  shown.textContent = `${count} of ${rows.length} images` + (more.hidden ? "" : `, the first ${limit} below`);
}

const key = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent;
const compare = new Intl.Collator("en", { numeric: true }).compare;

function sort(head, column) {
  const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  const keys = new Map(rows.map(entry => [entry, key(entry.row, column)]));
  rows.sort((first, second) => direction * compare(keys.get(first), keys.get(second)));
  body.append(...rows.map(({ row }) => row));
  filter();
}

// Where there is no clipboard interface, or it is not allowed: the older way, which copies a selection.
function copySelected(text) {
  const area = document.createElement("textarea");
  area.className = "offscreen";
  area.value = text;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
  }
}

async function copy(button) {
  let done;
  try {
    await navigator.clipboard.writeText(button.value);
    done = true;
  } catch {
    done = copySelected(button.value);
    button.focus();
  }
  const said = document.getElementById("copied"), text = document.createElement("code");
  text.textContent = button.value;
  said.replaceChildren(done ? "Copied " : "The browser does not let the page copy; this is the text: ", text);
  if (!done) getSelection().selectAllChildren(text);
}

heads.forEach((head, column) => head.firstElementChild?.addEventListener("click", () => sort(head, column)));
body.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button) copy(button);
});
search.addEventListener("input", filter);
state.addEventListener("change", filter);
more.addEventListener("click", () => {
  limit = Infinity;
  filter();
  search.focus();
});
filter();
