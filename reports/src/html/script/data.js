// 数据 · The block of all cases: base64, gzip, JSON; every word once, as a number into `strings`.
// A word is one text, or [zh, en], or [zh, en, key] where links name it by a key.
var root = document.documentElement, tongue = 0, data = null, fields = null, rows = [];

function by_id(id) { return document.getElementById(id); }
function each(list, act) { Array.prototype.forEach.call(list, act); }

// A word in the language that is shown.
function word(number) {
  var text = data.strings[number];
  return typeof text === "string" ? text : text[tongue];
}
// What a link calls it.
function key_of(number) {
  var text = data.strings[number];
  return typeof text === "string" ? text : text.length > 2 ? text[2] : text[0];
}
function say(name) { return data.words[name][tongue]; }

// 1234567 -> 12,345.67; whole fen, no float.
function yuan(fen) {
  var whole = String(Math.floor(Math.abs(fen) / 100)), rest = String(Math.abs(fen) % 100);
  return (fen < 0 ? "-" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + "." + (rest.length < 2 ? "0" : "") + rest;
}

function element(name, kind, text) {
  var made = document.createElement(name);
  if (kind) { made.className = kind; }
  if (text !== undefined) { made.textContent = text; }
  return made;
}

// Calls one of both, later.
function unpack(done, failed) {
  var block = by_id("data"), packed, bytes, at;
  if (!block || typeof DecompressionStream !== "function" || !Blob.prototype.stream) { failed(); return; }
  packed = atob(block.textContent);
  bytes = new Uint8Array(packed.length);
  for (at = 0; at < packed.length; at += 1) { bytes[at] = packed.charCodeAt(at); }
  new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text().then(JSON.parse).then(done, failed);
}

// What a search looks into, in both languages, made once.
function findable(row) {
  var columns = data.columns, parts = [columns.id[row], columns.visits[row], columns.settlements[row], columns.messages[row]];
  function put(number) {
    var text = data.strings[number];
    parts.push(typeof text === "string" ? text : text.join(" "));
    if (data.letters[number]) { parts.push(data.letters[number]); }
  }
  ["title", "ending", "rollback", "business", "from", "to", "institution", "person"].forEach(function (name) { put(columns[name][row]); });
  ["tags", "classes", "codes", "review"].forEach(function (name) { columns[name][row].forEach(put); });
  parts.push(key_of(columns.from[row]) + "-" + key_of(columns.to[row]));
  return parts.join(" ").toLowerCase();
}
