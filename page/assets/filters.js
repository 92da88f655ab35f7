// What the questions are limited to, and how a link says it.
function filterChoice() {
  return null;
}

function filterParams(params) {
  return params;
}

function paramsToFilters() {
  return null;
}

async function setFilters() {}
