// The map and the timeline: names on hover and focus, arrow keys, where the last answer came from.
const insight = part("insight");

async function look() {
  insight.setAttribute("aria-busy", "true"); // the style sheet says so
  insight.hidden = false;
  let found = { points: "[]" };
  const html = await written(server.look({}).then((reply) => (found = reply ?? found).html));
  insight.removeAttribute("aria-busy");
  insight.innerHTML = html;
  insight.hidden = !html;
  insight.querySelector(".cw-moment")?.setAttribute("tabindex", "0");
  showPoints(JSON.parse(found.points));
}

function colour(button) {
  const map = part("map");
  map.dataset.colour = button.dataset.colour;
  map.querySelectorAll("[data-do=colour]").forEach((one) => {
    one.setAttribute("aria-pressed", String(one === button));
  });
  draw();
}

// --- the name of a point --------------------------------------------------------------------------

function tip(point) {
  const box = part("tip");
  if (!box) return;
  box.hidden = !point;
  if (!point) return;
  box.replaceChildren(paragraph("strong", "", point.dataset.title),
    paragraph("span", "", point.dataset.about));
  const at = point.getBoundingClientRect(), around = insight.getBoundingClientRect();
  const middle = at.left + at.width / 2 - around.left;
  const half = box.offsetWidth / 2;
  box.style.left = `${Math.max(half, Math.min(middle, around.width - half))}px`;
  const above = at.top - around.top - box.offsetHeight - 4;
  box.style.top = `${above < 0 ? at.bottom - around.top + 4 : above}px`;
}

const pointed = (event) => event.target.closest?.(".cw-point, .cw-moment") ?? null;
insight.addEventListener("pointerover", (event) => tip(pointed(event)));
insight.addEventListener("pointerleave", () => tip(null));
insight.addEventListener("focusin", (event) => tip(pointed(event)));
insight.addEventListener("focusout", () => tip(null));

// --- one stop for the tab key, arrows within ------------------------------------------------------

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

// The nearest of some places {x, y} in a direction from another; what lies aside counts double.
function neighbour(from, places, [right, down]) {
  let best = null, least = Infinity;
  for (const place of places) {
    const dx = place.x - from.x, dy = place.y - from.y;
    const ahead = dx * right + dy * down, aside = Math.abs(dx * down) + Math.abs(dy * right);
    if (ahead < 1 || ahead + 2 * aside >= least) continue;
    [best, least] = [place, ahead + 2 * aside];
  }
  return best;
}

// The button that an arrow leads to from a button of the map or the timeline.
function beyond(button, direction) {
  if (button.matches(".cw-point")) {
    const next = neighbour(pointOf(button), points, direction);
    return next && stopAt(next);
  }
  const places = [...insight.querySelectorAll(".cw-moment")].map((moment) => {
    const { x, y } = moment.getBoundingClientRect();
    return { moment, x, y };
  });
  const next = neighbour(button.getBoundingClientRect(), places, direction)?.moment;
  if (next) [button.tabIndex, next.tabIndex] = [-1, 0];
  return next;
}

insight.addEventListener("keydown", (event) => {
  const button = pointed(event);
  if (!button || !(event.key in ARROWS)) return;
  beyond(button, ARROWS[event.key])?.focus();
  settle(); // the one left
  event.preventDefault();
  event.stopPropagation();
});

actions.colour = colour;
