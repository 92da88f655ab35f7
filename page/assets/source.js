// A source, opened at a quote: its text, or for a PDF the picture of the page.
let shownAs = "page"; // what a PDF is shown as, until the reader chooses
let larger = narrow.matches; // whether pages are shown larger than the panel
let opened = null; // {doc, place} that is open

// Opens what a button names: a document, or a place in it. `focus` moves there.
function open(button, { focus = true } = {}) {
  opener = button;
  const { doc, start, end, passage, marks, number } = button.dataset;
  const pairs = (spans) => (spans ? spans.split(" ").map((span) => span.split("-").map(Number)) : []);
  const place = start === undefined ? null : {
    start: Number(start), end: Number(end), passage: pairs(passage)[0], marks: pairs(marks),
    number: Number(number),
  };
  const chip = button.closest(".cw-quote")?.querySelector(".cw-chip") ?? null;
  if (chip) opener = chip;
  return openPlace({ doc, place }, { chip, focus });
}

async function openPlace(request, { chip = null, focus = true } = {}) {
  opened = request;
  showBook("source");
  current(chip);
  source.innerHTML = "";
  delete source.dataset.view; // of a PDF that was open before
  source.setAttribute("aria-busy", "true");
  const mine = (opening += 1);
  const html = await written(server.read(request));
  if (mine !== opening) return;
  source.removeAttribute("aria-busy");
  source.innerHTML = html;
  if (source.querySelector(".cw-views")) await view(shownAs);
  else middle();
  if (mine !== opening) return;
  if (focus) toMark().focus({ preventScroll: true });
  tell("opened", { doc: request.doc });
}

// What the source was opened at, in the view that is shown.
function toMark() {
  const found = [...source.querySelectorAll(".cw-box, .cw-mark")].find((mark) => mark.checkVisibility());
  return found ?? source.querySelector("h2") ?? book;
}

// Scrolls the panel so that the quote stands in the middle of what the head leaves free.
function middle() {
  const mark = toMark();
  if (!mark.matches(".cw-mark, .cw-box")) {
    book.scrollTop = 0;
    return;
  }
  const head = source.querySelector("header").getBoundingClientRect().bottom; // it sticks there
  const room = book.getBoundingClientRect().bottom - head;
  const box = mark.getBoundingClientRect();
  book.scrollTop += box.top - head - Math.max((room - box.height) / 2, 16);
  const table = mark.closest(".cw-light-table");
  if (!table) return;
  // Of a page wider than the panel: the quote from its left edge on, but in any case what answers.
  const lefts = [...table.querySelectorAll(".cw-box")].map((one) => one.getBoundingClientRect().left);
  const words = (table.querySelector(".cw-box-hit") ?? mark).getBoundingClientRect();
  const from = Math.max(Math.min(...lefts), words.right - table.clientWidth + 48);
  table.scrollLeft += Math.min(from, words.left) - table.getBoundingClientRect().left - 24;
}

// Shows a PDF as `text` or as the picture of a `page`, drawn when it is first looked at.
async function view(kind, page = null) {
  const views = source.querySelector(".cw-views"), mine = opening;
  source.dataset.view = kind;
  views.querySelectorAll("[data-view]").forEach((button) => {
    pressed(button, button.dataset.view === kind);
  });
  if (kind === "page" && (page !== null || !source.querySelector(".cw-leaves"))) {
    let leaves = source.querySelector(".cw-leaves");
    if (!leaves) {
      leaves = document.createElement("div");
      leaves.className = "cw-leaves";
      source.append(leaves);
    }
    leaves.setAttribute("aria-busy", "true");
    leaves.classList.toggle("cw-larger", larger);
    const reply = await drawn({ ...opened, page: page ?? (opened.place ? null : 1) });
    if (mine !== opening) return;
    leaves.removeAttribute("aria-busy");
    leaves.innerHTML = reply.html ?? reply.problem;
    pressed(leaves.querySelector(".cw-zoom"), larger);
    if (!reply.html && page === null) { // the text is there
      await view("text");
      source.insertBefore(leaves, source.querySelector(".cw-slices"));
      return;
    }
    if (page === null && opened.place && !leaves.querySelector(".cw-box")) { // not for certain
      await view("text");
      return;
    }
    await leaves.querySelector("img")?.decode().catch(() => {});
  }
  middle();
}

function pressed(button, is) {
  button?.setAttribute("aria-pressed", String(is));
}

function zoom(button) {
  larger = !larger;
  pressed(button, larger);
  source.querySelector(".cw-leaves").classList.toggle("cw-larger", larger);
  middle();
}

async function drawn(request) {
  try {
    return await server.leaf(request);
  } catch {
    return { problem: await written(null) };
  }
}

async function more(button) {
  const { doc, before, after } = button.dataset;
  button.disabled = true;
  const html = await written(server.read(before === undefined ? { doc, after: Number(after) }
    : { doc, before: Number(before) }));
  const height = book.scrollHeight, at = book.scrollTop;
  button.insertAdjacentHTML("afterend", html);
  button.remove();
  if (before !== undefined) book.scrollTop = at + book.scrollHeight - height;
}

Object.assign(actions, {
  more,
  zoom,
  open: (button) => open(button),
  leaf: (button) => view("page", Number(button.dataset.page)),
  view: (button) => {
    shownAs = button.dataset.view;
    return view(shownAs);
  },
});
