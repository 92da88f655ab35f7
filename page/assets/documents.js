// The documents: a list that narrows as one types.
const match = part("match");
let typing = 0;

async function list() {
  const wanted = match.value;
  const html = await written(server.find(wanted));
  if (wanted === match.value) part("documents").innerHTML = html;
}

match.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(list, 120);
});
list();
