// The map and the timeline: names on hover and focus, arrow keys, where the last answer came from.
const insight = part("insight");
let cited = {}; // doc_id → numbers of the last answer's citations of it

async function look() {
  insight.setAttribute("aria-busy", "true"); // the style sheet says so
  insight.hidden = false;
  const html = await written(server.look({}));
  insight.removeAttribute("aria-busy");
  insight.innerHTML = html;
  insight.hidden = !html;
  insight.querySelectorAll("svg, .cw-timeline ol").forEach((group) => {
    group.querySelector(":is(.cw-point, .cw-moment)")?.setAttribute("tabindex", "0");
  });
  markPoints();
}

function markPoints() {
  insight.querySelectorAll("[data-doc]").forEach((point) => {
    const { doc } = point.dataset;
    point.classList.toggle("cw-cited", doc in cited);
    point.classList.toggle("cw-out", asks !== null && !asks.has(doc));
    const number = point.querySelector("text");
    if (number) number.textContent = cited[doc]?.join(" ") ?? "";
  });
  insight.classList.toggle("cw-has-cited", Object.keys(cited).length > 0);
  const svg = insight.querySelector("svg"); // what is drawn last lies on top
  svg?.append(...svg.querySelectorAll(".cw-cited"));
}

function colour(button) {
  const map = part("map");
  map.dataset.colour = button.dataset.colour;
  map.querySelectorAll("[data-do=colour]").forEach((one) => {
    one.setAttribute("aria-pressed", String(one === button));
  });
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

// The nearest point in a direction; what lies aside counts double.
function neighbour(point, [right, down]) {
  const middle = (one) => {
    const box = one.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const [x, y] = middle(point);
  let best = null, least = Infinity;
  for (const other of point.parentElement.closest("svg, ol").querySelectorAll("[data-doc]")) {
    const [dx, dy] = middle(other).map((at, axis) => at - [x, y][axis]);
    const ahead = dx * right + dy * down, aside = Math.abs(dx * down) + Math.abs(dy * right);
    if (other === point || ahead < 1) continue;
    if (ahead + 2 * aside < least) [best, least] = [other, ahead + 2 * aside];
  }
  return best;
}

insight.addEventListener("keydown", (event) => {
  const point = pointed(event);
  if (!point) return;
  if (event.key in ARROWS) {
    const next = neighbour(point, ARROWS[event.key]);
    if (next) {
      point.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    }
  } else if ((event.key === "Enter" || event.key === " ") && point.matches("g")) {
    actions.open(point); // a button of SVG does not click itself
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
});

element.addEventListener("cw:answered", ({ detail }) => {
  cited = {};
  detail.turn.querySelectorAll(".cw-quotes:not(.cw-nearest) .cw-chip").forEach(({ dataset }) => {
    (cited[dataset.doc] ??= []).push(dataset.number);
  });
  markPoints();
});
element.addEventListener("cw:new", () => {
  cited = {};
  markPoints();
});
actions.colour = colour;
