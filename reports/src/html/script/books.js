// 账册 · Cells of one party: at t0, furthest, t1 and t2, each book before its cells, which add up to it.
var SHOWN = 500, books = { party: "", rest: false };

function figure(value, counts) {
  if (value === null) { return "–"; }
  return counts ? yuan(value * 100).replace(/\.00$/, "") : yuan(value);
}

// Of the party that is chosen: the places of its lines, those at rest only where they are wanted.
function lines_of(cells) {
  var all = [];
  cells.party.forEach(function (party, place) {
    var rests = cells.peak[place] === cells.t0[place] && cells.t1[place] === cells.t0[place] && (cells.t2[place] === null || cells.t2[place] === cells.t0[place]);
    if (key_of(party) === books.party && (books.rest || !rests)) { all.push(place); }
  });
  return all;
}

function show_books() {
  var place = by_id(tongue_name() + "-cells"), cells = data.cells, bar = element("div", "ctl"), select = element("select"), label = element("label"), tick = element("input"), parties = {}, table, head, body, lines, others;
  each(document.querySelectorAll(".cells"), function (one) { one.textContent = ""; });
  // The page of one place has none.
  if (!place || !cells.party.length) { return; }
  place.hidden = false;
  place.appendChild(element("h3", "", say("books_of_party")));
  cells.party.forEach(function (party) { parties[key_of(party)] = party; });
  select.id = "party";
  select.setAttribute("aria-label", say("party"));
  [""].concat(Object.keys(parties)).forEach(function (key) {
    var option = element("option", "", key ? word(parties[key]) : say("choose_party"));
    option.value = key;
    select.appendChild(option);
  });
  if (!parties[books.party]) { books.party = ""; }
  select.value = books.party;
  tick.type = "checkbox";
  tick.id = "rest";
  tick.checked = books.rest;
  label.appendChild(tick);
  label.appendChild(document.createTextNode(say("cells_at_rest")));
  bar.appendChild(select);
  bar.appendChild(label);
  place.appendChild(bar);
  place.classList.toggle("chosen", books.party !== "");
  if (!books.party) { return; }
  lines = lines_of(cells);
  others = lines.some(function (one) { return cells.others[one] !== 0; });
  table = element("table", "courses");
  head = element("tr");
  head.appendChild(element("th", "", say("book")));
  ["at_t0", "at_peak", "at_t1", "at_t2"].concat(others ? ["by_others"] : [], ["difference"]).forEach(function (name) { head.appendChild(element("th", "num", say(name))); });
  table.appendChild(element("thead")).appendChild(head);
  body = table.appendChild(element("tbody"));
  lines.slice(0, SHOWN).forEach(function (one) {
    var line = element("tr", cells.cell[one] ? "cell" : "whole"), left = cells.left[one], counts = cells.counts[one];
    line.appendChild(element("td", cells.cell[one] ? "code" : "", cells.cell[one] || word(cells.book[one]) + (counts ? say("count_mark") : "")));
    [cells.t0, cells.peak, cells.t1, cells.t2].concat(others ? [cells.others] : []).forEach(function (column) { line.appendChild(element("td", "num", figure(column[one], counts))); });
    line.appendChild(element("td", "num " + (left === null ? "unsure" : left ? "bad" : "good"), left === null ? "? –" : (left ? "✗ " : "✓ ") + figure(left, counts)));
    body.appendChild(line);
  });
  place.appendChild(table);
  if (lines.length > SHOWN) { place.appendChild(element("p", "dim", say("cells_more").replace("{}", lines.length - SHOWN))); }
  if (!lines.length) { place.appendChild(element("p", "dim", say("cells_none"))); }
  place.appendChild(element("p", "dim", say("cells_hint")));
}
