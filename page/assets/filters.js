// What the questions are limited to: set in a sheet, shown as chips, kept in the link to a question.
const sheet = part("sheet"), scopeOpen = part("scope-open");
let chosen = {}; // the fields of Filters that are set
let asks = null; // ids of the documents that are asked under them; null for all
let choosing = 0; // number of the latest change, so that a late reply to an earlier one is dropped

function filterChoice() {
  return Object.keys(chosen).length ? chosen : null;
}

// Ask of these documents from now on; null for all.
async function setFilters(filters) {
  const mine = (choosing += 1), before = chosen;
  chosen = Object.fromEntries(Object.entries(filters ?? {}).filter(([, value]) => (
    Array.isArray(value) ? value.length : value)));
  let reply = { error: "This did not come. See in its terminal whether Citewise still runs." };
  try {
    reply = await server.scope({ filters: chosen });
  } catch { // told below
  }
  if (mine !== choosing) return;
  if (reply.error) {
    chosen = before;
    scopeSays(reply.error, true);
    return;
  }
  asks = reply.documents && new Set(reply.documents);
  part("chips").innerHTML = reply.chips;
  part("scope-count").textContent = reply.said;
  scopeOpen.classList.toggle("cw-on", filterChoice() !== null);
  scopeSays(reply.said);
  fillSheet();
  markPoints();
  markRows();
}

function scopeSays(text, bad = false) {
  const said = part("scope-said");
  if (!said) return; // the sheet has not come yet
  said.textContent = text;
  said.classList.toggle("cw-bad", bad);
}

async function loadSheet() {
  sheet.innerHTML = await written(server.filter_sheet({}));
  await setFilters(chosen);
}

function fillSheet() {
  sheet.querySelectorAll("[data-filter]").forEach((field) => {
    const value = chosen[field.dataset.filter];
    if (field.type === "checkbox") field.checked = value === true;
    else if (field !== document.activeElement) field.value = value ?? "";
  });
}

function readSheet() {
  const read = { documents: chosen.documents };
  sheet.querySelectorAll("[data-filter]").forEach((field) => {
    read[field.dataset.filter] = field.type === "checkbox" ? field.checked : field.value.trim();
  });
  return setFilters(read);
}

// The link to a question carries its filters.
function filterParams(params) {
  for (const name of ["folder", "after", "before", "language"]) {
    if (chosen[name]) params.set(name, chosen[name]);
  }
  for (const one of chosen.documents ?? []) params.append("document", one);
  if (chosen.newest_first) params.set("newest", "1");
}

function paramsToFilters(params) {
  const read = { documents: params.getAll("document"), newest_first: params.get("newest") === "1" };
  for (const name of ["folder", "after", "before", "language"]) read[name] = params.get(name);
  return read;
}

// Open a sheet above a button, or below it where there is more room; narrow pages have it at the foot.
function beside(box, button) {
  box.showPopover();
  const at = button.getBoundingClientRect();
  const below = at.top < window.innerHeight / 2;
  const left = Math.min(at.left, window.innerWidth - box.offsetWidth - 16);
  box.style.setProperty("--left", `${Math.max(left, 16)}px`);
  box.style.setProperty("--top", below ? `${at.bottom + 8}px` : "auto");
  box.style.setProperty("--bottom", below ? "auto" : `${window.innerHeight - at.top + 8}px`);
  box.querySelector("h2")?.focus({ preventScroll: true });
}

Object.assign(actions, {
  scope: () => beside(sheet, part("filters")),
  "scope-done": async () => {
    await readSheet();
    if (!part("scope-said").classList.contains("cw-bad")) sheet.hidePopover();
  },
  "drop-all": () => setFilters(null),
  drop: async ({ dataset }) => {
    const rest = { ...chosen };
    if (dataset.filter === "documents") {
      rest.documents = rest.documents.filter((one) => one !== dataset.value);
    } else if (dataset.filter === "dates") {
      delete rest.after;
      delete rest.before;
    } else {
      delete rest[dataset.filter];
    }
    await setFilters(rest);
    say(part("scope-count").textContent);
    (part("chips").querySelector("button") ?? scopeOpen).focus();
  },
  // A folder of the map's legend or a stretch of the timeline; a second time takes it back.
  only: async ({ dataset }) => {
    const wanted = dataset.folderName === undefined
      ? { after: dataset.after, before: dataset.before } : { folder: dataset.folderName };
    const again = Object.entries(wanted).every(([name, value]) => chosen[name] === value);
    const next = { ...chosen, ...wanted };
    if (again) Object.keys(wanted).forEach((name) => delete next[name]);
    await setFilters(next);
    say(part("scope-count").textContent);
  },
  "only-document": async ({ dataset }) => {
    const held = chosen.documents ?? [];
    await setFilters({ ...chosen, documents: held.includes(dataset.doc)
      ? held.filter((one) => one !== dataset.doc) : [...held, dataset.doc] });
    say(part("scope-count").textContent);
  },
  "ask-all": async (button) => {
    await setFilters(null);
    ask(button.closest(".cw-turn").querySelector(".cw-question").textContent);
  },
});

sheet.addEventListener("change", readSheet);
sheet.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input[type=text]")) actions["scope-done"]();
  if (event.key === "Escape") event.stopPropagation(); // it closes the sheet alone
});
sheet.addEventListener("toggle", ({ newState }) => {
  scopeOpen.setAttribute("aria-expanded", String(newState === "open"));
});
