// 工具 · The controls above the table, what is copied and exported, what goes on paper.
var PRINTED = 1000;

function facet_select(facet) {
  var select = element("select"), counts = {}, any = element("option", "", say(facet.name));
  select.dataset.by = facet.key;
  select.setAttribute("aria-label", say(facet.name));
  any.value = "";
  select.appendChild(any);
  rows.forEach(function (row) {
    var value = data.columns[facet.column][row];
    (facet.many ? value : [value]).forEach(function (one) { if (word(one)) { counts[one] = (counts[one] || 0) + 1; } });
  });
  var numbers = Object.keys(counts);
  numbers.sort(function (a, b) { return word(a) < word(b) ? -1 : 1; }).forEach(function (number) {
    var option = element("option", "", word(number) + " (" + counts[number] + ")");
    option.value = key_of(number);
    select.appendChild(option);
  });
  select.value = view.by[facet.key] || "";
  // One value that all rows share parts nothing.
  select.hidden = facet.many ? !numbers.length : numbers.length < 2;
  return select;
}

// Everything above the table, in the language that is shown.
function controls() {
  var place = by_id("cases"), bar = element("div", "ctl"), box = element("input"), more = element("div", "ctl"), group = element("select"), columns = element("details", "choose"), title;
  place.textContent = "";
  title = element("h2", "", say("all_cases"));
  place.appendChild(title);
  box.id = "q";
  box.type = "search";
  box.placeholder = say("filter_hint");
  box.setAttribute("aria-label", say("filter"));
  box.value = view.q;
  bar.appendChild(box);
  [["all", "all_cases"], ["bad", "not_good_short"], ["open", "open"]].forEach(function (one) {
    var button = element("button", "", say(one[1]));
    button.dataset.only = one[0];
    bar.appendChild(button);
  });
  FACETS.forEach(function (facet) { bar.appendChild(facet_select(facet)); });
  group.id = "group";
  group.setAttribute("aria-label", say("group"));
  [["", say("group")]].concat(["f", "t", "i", "b", "c", "x", "r"].map(function (key) {
    return [key, say("group") + " · " + say(COLUMNS.filter(function (column) { return column.key === key; })[0].name)];
  })).forEach(function (one) {
    var option = element("option", "", one[1]);
    option.value = one[0];
    group.appendChild(option);
  });
  group.value = view.group;
  more.appendChild(group);
  columns.appendChild(element("summary", "", say("columns")));
  COLUMNS.forEach(function (column) {
    var label = element("label"), tick = element("input");
    tick.type = "checkbox";
    tick.dataset.column = column.key;
    tick.checked = shown_columns().indexOf(column) >= 0;
    label.appendChild(tick);
    label.appendChild(document.createTextNode(say(column.name)));
    columns.appendChild(label);
  });
  more.appendChild(columns);
  more.appendChild(button_of("export", "export_rows"));
  more.appendChild(button_of("help", "help"));
  var count = element("span", "dim", say("shown") + " "), number = element("b");
  number.id = "shown";
  count.appendChild(number);
  more.appendChild(count);
  place.appendChild(bar);
  place.appendChild(more);
  var help = element("p", "ctl dim", say("keys"));
  help.id = "help";
  help.hidden = true;
  place.appendChild(help);
  var head = element("div", "heads");
  head.id = "heads";
  list = element("div", "list");
  list.setAttribute("role", "table");
  space = element("div", "space");
  list.appendChild(head);
  list.appendChild(space);
  list.addEventListener("scroll", in_sight);
  place.appendChild(list);
  var none = element("p", "dim", say("nothing_fits"));
  none.id = "none";
  none.hidden = true;
  place.appendChild(none);
  made = {};
  heads();
}

function button_of(act, name) {
  var button = element("button", "", say(name));
  button.dataset.act = act;
  return button;
}

// Offices open this from a disk, where old browsers have no clipboard for pages.
function copy(text, button) {
  function done() {
    if (!button) { return; }
    var before = button.textContent;
    button.textContent = button.dataset.done || "✓";
    setTimeout(function () { button.textContent = before; }, 1200);
  }
  function by_hand() {
    var area = element("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    document.body.removeChild(area);
    done();
  }
  if (navigator.clipboard && navigator.clipboard.writeText) { navigator.clipboard.writeText(text).then(done, by_hand); } else { by_hand(); }
}

// A field of a CSV that no office program takes for a formula.
function field(text) {
  var safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d,]+(\.\d+)?$/.test(text) ? "'" + text : text;
  return /[",\r\n]/.test(safe) ? "\"" + safe.replace(/"/g, "\"\"") + "\"" : safe;
}

// The rows that fit, in the order and with the columns that are shown; with a mark that says UTF-8.
function visible_rows() {
  var columns = shown_columns();
  var lines = [columns.map(function (column) { return field(say(column.name)); }).join(",")].concat(fits.map(function (row) {
    return columns.map(function (column) { return field(cell(column, row)); }).join(",");
  }));
  return "\ufeff" + lines.join("\r\n") + "\r\n";
}

function save(text, name) {
  var link = element("a"), address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.href = address;
  link.download = name;
  document.body.appendChild(link);
  link.click();
  document.body.removeChild(link);
  setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
}

// Paper has no scroll bar: before it is printed, the rows that fit become a plain table with repeated heads.
function on_paper() {
  var old = by_id("paper"), paper = element("div", "paper"), table = element("table"), head = element("tr"), top = element("thead"), body = element("tbody"), columns = shown_columns();
  if (old) { old.parentNode.removeChild(old); }
  paper.id = "paper";
  columns.forEach(function (column) { head.appendChild(element("th", column.money || column.number ? "num" : "", say(column.name))); });
  fits.slice(0, PRINTED).forEach(function (row) {
    var one = element("tr", data.columns.good[row] ? "" : "notgood");
    columns.forEach(function (column) { one.appendChild(element("td", column.money || column.number ? "num" : "", cell(column, row))); });
    body.appendChild(one);
  });
  top.appendChild(head);
  table.appendChild(top);
  table.appendChild(body);
  paper.appendChild(table);
  if (fits.length > PRINTED) { paper.appendChild(element("p", "", say("print_first").replace("{}", PRINTED))); }
  by_id("cases").appendChild(paper);
}
