// A source, opened at a quote.
function open(button) {
  opener = button;
  const { doc, start, end, passage, marks, number } = button.dataset;
  const pairs = (spans) => (spans ? spans.split(" ").map((span) => span.split("-").map(Number)) : []);
  const place = start === undefined ? null : {
    start: Number(start), end: Number(end), passage: pairs(passage)[0], marks: pairs(marks),
    number: Number(number),
  };
  element.querySelectorAll("[aria-current]").forEach((chip) => chip.removeAttribute("aria-current"));
  if (button.matches(".cw-chip")) button.setAttribute("aria-current", "true");
  showBook("source");
  source.innerHTML = "";
  source.setAttribute("aria-busy", "true");
  fetchInto({ doc, place });
}

async function fetchInto(request) {
  const mine = (opening += 1);
  const html = await written(server.read(request));
  if (mine !== opening) return;
  source.removeAttribute("aria-busy");
  source.innerHTML = html;
  const mark = source.querySelector(".cw-mark");
  if (mark) {
    const head = source.querySelector("header").getBoundingClientRect().bottom; // it sticks there
    const room = book.getBoundingClientRect().bottom - head;
    const box = mark.getBoundingClientRect();
    book.scrollTop += box.top - head - Math.max((room - box.height) / 2, 16);
  } else {
    book.scrollTop = 0;
  }
  (mark || source.querySelector("h2"))?.focus({ preventScroll: true });
  tell("opened", { doc: request.doc });
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

Object.assign(actions, { open, more });
