// The table of documents: it narrows as one types, sorts by a column, grows by a click.
const match = part("match");
const listed = { sort: "date", reverse: false, rows: 100 };
let typing = 0; // the timer that waits until typing pauses
let shownTable = null; // its HTML, so that what has not changed is not laid out again
let listing = 0; // number of the latest listing, so that a late reply to an earlier one is dropped

async function list() {
  const mine = (listing += 1);
  const html = await written(server.find({ ...listed, match: match.value }));
  if (mine !== listing || html === shownTable) return;
  shownTable = html;
  const had = document.activeElement?.closest?.("[data-part=documents] [data-do]")?.dataset;
  part("documents").innerHTML = html;
  markRows();
  if (had) { // what had the focus has it again
    [...part("documents").querySelectorAll("[data-do]")].find(({ dataset }) => (
      dataset.do === had.do && dataset.doc === had.doc && dataset.column === had.column
    ))?.focus({ preventScroll: true });
  }
}

// List again what has changed: now, or when the table is next in sight.
let stale = false;

function listAnew() {
  stale = !part("documents").checkVisibility({ visibilityProperty: true });
  return stale ? null : list();
}

element.addEventListener("cw:shelf", () => {
  if (stale) list();
  stale = false;
});

// Show in the table which documents are asked.
function markRows() {
  const only = new Set(chosen.documents ?? []);
  part("documents").querySelectorAll("[data-row]").forEach((row) => {
    const { row: doc } = row.dataset;
    row.classList.toggle("cw-out", asks !== null && !asks.has(doc));
    row.querySelector("[data-do=only-document]")?.setAttribute("aria-pressed", String(only.has(doc)));
  });
}

// The documents across the whole width, or beside the answers.
function widen(wide) {
  root.toggleAttribute("data-wide", wide);
  part("widen").setAttribute("aria-pressed", String(wide));
}

function isWide() {
  return root.hasAttribute("data-wide") && !narrow.matches;
}

Object.assign(actions, {
  widen: () => widen(!root.hasAttribute("data-wide")),
  sort: ({ dataset }) => {
    listed.reverse = listed.sort === dataset.column && !listed.reverse;
    listed.sort = dataset.column;
    list();
  },
  rows: async () => {
    const before = part("documents").querySelectorAll("tbody tr").length;
    listed.rows += 100;
    await list();
    part("documents").querySelectorAll("tbody tr")[before]?.querySelector("button")?.focus();
  },
});
element.addEventListener("cw:opened", () => widen(false)); // a source is read beside the answers
element.addEventListener("cw:new", () => { // and questions are asked there
  if (!isWide()) return;
  widen(false);
  question.focus();
});
match.addEventListener("input", () => {
  clearTimeout(typing);
  listed.rows = 100;
  typing = setTimeout(list, 120);
});
