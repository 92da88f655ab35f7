// The link to a question, `#q=...`, asks it on load; `&cite=2` opens that citation too, and
// `#doc=...&at=...` a place in a document. The address always holds the last question.

function linkTo(text, { cite = null } = {}) {
  const params = new URLSearchParams({ q: text });
  filterParams(params);
  if (cite !== null) params.set("cite", cite);
  return params;
}

function address(params) {
  const { origin, pathname, search } = window.location;
  return `${origin}${pathname}${search}#${params}`;
}

function remember(turn, text) {
  turn.dataset.link = linkTo(text).toString();
  writeAddress(`#${turn.dataset.link}`);
}

function forget() {
  writeAddress(window.location.pathname + window.location.search);
}

// The address is written when the page is at rest: writing it costs as much as showing an answer.
let unwritten = null, writing = 0;

function writeAddress(to) {
  unwritten = to;
  clearTimeout(writing);
  writing = setTimeout(() => (waiting ? writeAddress(to) : settleAddress()), 250);
}

function settleAddress() {
  clearTimeout(writing);
  if (unwritten !== null) history.replaceState(history.state, "", unwritten);
  unwritten = null;
}

// Asks or opens what the address holds.
async function follow() {
  const params = new URLSearchParams(window.location.hash.slice(1));
  if (params.has("doc")) await openPlace({ doc: params.get("doc"), place: placeIn(params) });
  const text = params.get("q");
  if (text?.trim()) {
    await setFilters(paramsToFilters(params));
    const turn = await ask(text);
    const chip = turn?.querySelectorAll(".cw-chip")[Number(params.get("cite")) - 1];
    if (chip) open(chip);
  }
}

// The place that `at=start-end` names, null without one.
function placeIn(params) {
  const at = params.get("at")?.split("-").map(Number);
  if (!at) return null;
  return { start: at[0], end: at[1], passage: at, marks: [], number: null };
}

actions.link = (button) => copy(button, address(button.closest(".cw-turn").dataset.link));
window.addEventListener("hashchange", follow);
