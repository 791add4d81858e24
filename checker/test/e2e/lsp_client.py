"""An editor without a screen: talks to `quire lsp` and checks every answer. lsp_client.py PROGRAM SOURCES DIRECTORY"""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import queue

quire, top, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
counts = {True: 0, False: 0}


def check(good, what, *details):
    counts[bool(good)] += 1
    if not good:
        print("FAILED:", what, *[str(d)[:600] for d in details])


CLIENT = {
    "workspace": {"workspaceEdit": {"documentChanges": True}, "codeLens": {"refreshSupport": True}},
    "textDocument": {
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "publishDiagnostics": {"relatedInformation": True},
        "rename": {"prepareSupport": True},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
    },
    "window": {"workDoneProgress": True},
}


class Server:
    def __init__(self, root=None, start=True, capabilities=CLIENT):
        self.process = subprocess.Popen([quire, "lsp", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, cwd=work)
        self.answers, self.notes, self.requests = {}, queue.Queue(), []
        self.diagnostics, self.said = {}, threading.Condition()
        self.last_id, self.versions = 0, {}
        self.bad_frames = 0
        threading.Thread(target=self.listen, daemon=True).start()
        if start:
            self.hello = self.ask("initialize", {"processId": None, "capabilities": capabilities,
                                                 "rootUri": root.as_uri() if root else None})
            self.tell("initialized", {})

    def listen(self):
        stream = self.process.stdout
        while True:
            length = None
            while True:
                line = stream.readline()
                if not line:
                    with self.said:
                        self.answers[None] = {"ended": True}
                        self.said.notify_all()
                    return
                if line == b"\r\n":
                    break
                name, _, value = line.partition(b":")
                if not line.endswith(b"\r\n") or name != b"Content-Length":
                    self.bad_frames += 1
                length = int(value)
            message = json.loads(stream.read(length).decode("utf-8"))
            with self.said:
                if "method" in message and "id" in message:
                    self.requests.append(message)
                    self.send({"jsonrpc": "2.0", "id": message["id"], "result": None})
                elif "method" in message:
                    self.notes.put(message)
                    if message["method"] == "textDocument/publishDiagnostics":
                        p = message["params"]
                        self.diagnostics[p["uri"]] = (p.get("version"), p["diagnostics"], time.monotonic())
                else:
                    self.answers[message["id"]] = message
                self.said.notify_all()

    def raw(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def send(self, message):
        body = json.dumps(message, ensure_ascii=False).encode("utf-8")
        self.raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def tell(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def start(self, method, params):
        self.last_id += 1
        message = {"jsonrpc": "2.0", "id": self.last_id, "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)
        return self.last_id

    def answer(self, number, seconds=120):
        with self.said:
            self.said.wait_for(lambda: number in self.answers or None in self.answers, seconds)
            return self.answers.pop(number, None)

    def ask(self, method, params, seconds=120):
        answer = self.answer(self.start(method, params), seconds)
        check(answer is not None, "an answer to " + method)
        return answer or {}

    def result(self, method, params):
        answer = self.ask(method, params)
        check("result" in answer, method + " has a result", answer)
        return answer.get("result")

    def error(self, method, params, code):
        answer = self.ask(method, params)
        check(answer.get("error", {}).get("code") == code, f"{method} gives {code}", answer)
        return answer.get("error", {}).get("message", "")

    def open(self, uri, text):
        self.versions[uri] = 1
        self.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "quire", "version": 1, "text": text}})

    def change(self, uri, *changes):
        self.versions[uri] += 1
        self.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": self.versions[uri]},
                                             "contentChanges": list(changes)})

    def problems(self, uri):
        version = self.versions[uri]
        with self.said:
            self.said.wait_for(lambda: self.diagnostics.get(uri, (None,))[0] == version, 60)
            found = self.diagnostics.get(uri, (None, None, 0))
        check(found[0] == version, "diagnostics of version %s of %s" % (version, uri), found[0])
        return found[1] or []

    def end(self, shutdown=True, wanted=0):
        if shutdown:
            self.result("shutdown", None)
        self.tell("exit", None)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "it hangs"
        check(code == wanted, f"exit gives {wanted}", code)
        check(self.bad_frames == 0, "frames")


def place(text, marker, occurrence=0, inside=0):
    """The position of a piece of the text, in UTF-16 units."""
    at = -1
    for _ in range(occurrence + 1):
        at = text.index(marker, at + 1)
    at += inside
    line = text.count("\n", 0, at)
    start = text.rfind("\n", 0, at) + 1
    return {"line": line, "character": len(text[start:at].encode("utf-16-le")) // 2}


def at(uri, text, marker, occurrence=0, inside=0):
    return {"textDocument": {"uri": uri}, "position": place(text, marker, occurrence, inside)}


def piece(text, span):
    lines = text.split("\n")
    units = lambda s: s.encode("utf-16-le")
    line = units(lines[span["start"]["line"]])
    assert span["start"]["line"] == span["end"]["line"]
    return line[2 * span["start"]["character"]:2 * span["end"]["character"]].decode("utf-16-le")


def applied(text, edits):
    """Edits as an editor makes them: from the last to the first."""
    lines = text.split("\n")
    starts, total = [], 0
    for line in lines:
        starts.append(total)
        total += len(line) + 1

    def offset(p):
        line = lines[p["line"]].encode("utf-16-le")[:2 * p["character"]].decode("utf-16-le") if p["line"] < len(lines) else ""
        return starts[p["line"]] + len(line) if p["line"] < len(lines) else len(text)

    for edit in sorted(edits, key=lambda e: (e["range"]["start"]["line"], e["range"]["start"]["character"]), reverse=True):
        text = text[:offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]):]
    return text


LIBRARY = """/// An object that is counted.
struct thing {
	/// How many hold it.
	int count;
	bool dead;
};

#define COUNT_OF(t) ((t)->count)

/// Takes one more.
void get_thing(struct thing *thing)
{
	thing->count++;
}
"""
SPEC = """import "lib/thing.quire";

/// Wie viele? \U0001F600 é
const HOLDERS = 2;
pool struct thing[1];
struct thing *the_thing;
enum phase { IDLE, /* \U0001F600 */ BUSY };
ghost enum phase phase;

init { the_thing = alloc(struct thing); }

/// Gives one back.
bool put_thing(struct thing *thing)
{
	int left; /* \U0001F600\U0001F600 */ left = thing->count - 1;
	thing->count = left;
	if (COUNT_OF(thing) == 0)
		goto out;
out:
	return left == 0;
}

thread holder[HOLDERS]
{
	atomic { get_thing(the_thing); ghost { phase = BUSY; } }
	cover("held");
done:
	put_thing(the_thing);
}

/// None is lost.
finally nothing_left: the_thing->count == 0;
invariant sane: forall (t : holder) at(t, done) => phase == BUSY;
expect violation of nothing_left;

/// As it should be.
variant whole "the decrement is one step" {
	atomic bool put_thing(struct thing *thing)
	{
		thing->count--;
		return thing->count == 0;
	}
	expect pass;
}
"""


def files():
    folder = work / "über all"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib/thing.quire").write_text(LIBRARY)
    (folder / "spec.quire").write_text(SPEC)
    (folder / "other.quire").write_text('import "lib/thing.quire";\nstruct thing t;\nthread one { get_thing(&t); assert(t.count == 1); }\n')
    return folder


def protocol():
    """What comes first and last, and what is no message."""
    s = Server(start=False)
    s.error("textDocument/hover", {}, -32002)
    hello = s.result("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    check(hello["capabilities"]["positionEncoding"] == "utf-16" and hello["serverInfo"]["name"] == "quire", "hello", hello)
    s.error("initialize", {"capabilities": {}}, -32600)
    s.error("textDocument/doesNotExist", {}, -32601)
    s.tell("$/somethingNew", {"a": 1})
    s.tell("unknown/notification", [1, 2])
    for bad in (None, 7, [], {}, {"textDocument": 1}, {"textDocument": {"uri": 5}, "position": {}},
                {"textDocument": {"uri": "file:///x"}, "position": {"line": "a", "character": 0}}):
        s.error("textDocument/hover", bad, -32602)
    s.tell("textDocument/didChange", {"textDocument": {"uri": "file:///nowhere", "version": 1}, "contentChanges": []})
    s.tell("textDocument/didChange", {"nonsense": True})
    s.tell("textDocument/didOpen", None)

    def broken(data, code, what):
        with s.said:
            s.answers.pop(None, None)
        s.raw(data)
        answer = s.answer(None, 20)
        check(answer and answer.get("error", {}).get("code") == code and answer["id"] is None, what, answer)

    frame = lambda body: b"Content-Length: %d\r\n\r\n" % len(body) + body
    broken(frame(b"{not json"), -32700, "no JSON")
    broken(frame(b""), -32700, "nothing")
    broken(frame(b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}'), -32700, "no UTF-8")
    broken(frame(b'[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]'), -32600, "a batch")
    broken(frame(b'"hello"'), -32600, "no object")
    broken(frame(b'{"id":{},"jsonrpc":"2.0","method":"x"}'), -32600, "an id that is none")
    broken(b"Content-Length: many\r\n\r\n", -32700, "no length")
    broken(b"Content-Length: -5\r\n\r\n", -32700, "a negative length")
    broken(b"Garbage\r\n\r\n", -32700, "no header")
    broken(frame(b"[" * 100000), -32700, "deep nesting")
    s.send({"jsonrpc": "1.0", "id": "old", "method": "shutdown"})
    check((s.answer("old", 20) or {}).get("error", {}).get("code") == -32600, "another version")
    s.raw(b"content-length: 50\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n" +
          b'{"jsonrpc":"2.0","id":"text","method":"shutdown"} ')
    check("result" in (s.answer("text", 20) or {}), "headers in another order, ids of text")
    s.error("textDocument/hover", {}, -32600)
    s.end(shutdown=False, wanted=0)

    s = Server()
    s.end(shutdown=False, wanted=1)
    s = Server()
    s.process.stdin.close()
    check(s.process.wait(20) == 1, "the end of the input")
    s = Server()
    s.process.terminate()
    check(s.process.wait(20) == 143, "a signal")


def typing(folder):
    """Diagnostics of every state of a text."""
    s = Server(folder)
    uri = (folder / "new.quire").as_uri()
    s.open(uri, "")
    s.problems(uri)
    # A question that comes before the diagnostics does not swallow them.
    s.change(uri, {"text": "thread t { z = 1; }\n"})
    s.result("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}})
    check(len(s.problems(uri)) == 1, "diagnostics after a question")
    text = 'int x;\n/* é\U0001F600 */ thread t { y = 1; }\n'
    s.change(uri, {"text": text})
    found = s.problems(uri)
    check(len(found) == 1 and found[0]["code"] == "E0201" and found[0]["source"] == "quire" and found[0]["severity"] == 1 and
          piece(text, found[0]["range"]) == "y", "an unknown name behind an emoji", found)
    check("help" in found[0]["message"] or "visible" in found[0]["message"], "it says more", found)
    # Edits in pieces, in order, of one notification; the second counts from the first.
    s.change(uri, {"range": {"start": place(text, "y = 1"), "end": place(text, "y = 1", 0, 1)}, "text": "xx"},
             {"range": {"start": place(text, "y = 1", 0, 1), "end": place(text, "y = 1", 0, 2)}, "text": ""})
    check(s.problems(uri) == [], "the name is right now")
    # CRLF, and a range that ends behind the end of its line.
    s.change(uri, {"text": "int x;\r\nthread t {\r\n\tx = 1;\r\n}\r\n"})
    s.change(uri, {"range": {"start": {"line": 2, "character": 5}, "end": {"line": 2, "character": 99}}, "text": "q;"})
    found = s.problems(uri)
    check([f["code"] for f in found] == ["E0201"] and found[0]["range"]["start"] == {"line": 2, "character": 5}, "CRLF", found)
    s.change(uri, {"range": {"start": {"line": 2, "character": 5}, "end": {"line": 2, "character": 6}}, "text": "x"})
    check(s.problems(uri) == [], "CRLF mended")
    s.change(uri, {"text": "int x;\0\nthread t { x = 1; }\n"})
    check([f["code"] for f in s.problems(uri)] == ["E0107"], "a NUL byte")
    s.change(uri, {"range": {"start": {"line": 900, "character": 0}, "end": {"line": 1000, "character": 7}}, "text": "\n"})
    s.problems(uri)
    s.change(uri, {"text": "x" * (5 << 20)})
    check(len(s.problems(uri)) == 1, "a text of 5 MB")
    s.change(uri, {"text": "(" * 50000})
    check(s.problems(uri) != [], "many brackets")
    # Every prefix of a spec, as if it were typed; the last one is right again.
    step = max(1, len(SPEC) // 120)
    for end in range(0, len(SPEC), step):
        s.change(uri, {"text": SPEC[:end]})
    s.change(uri, {"text": SPEC})
    check(s.problems(uri) == [], "a spec that was typed", s.problems(uri))
    # The import is wrong: told at the import, with the place.
    library = (folder / "lib/thing.quire").as_uri()
    s.open(library, LIBRARY.replace("thing->count++", "thing->cuont++"))
    check([f["code"] for f in s.problems(library)] == ["E0203"], "the library's own error")
    s.change(uri, {"text": SPEC + "\n"})
    found = s.problems(uri)
    check(len(found) == 1 and piece(SPEC, found[0]["range"]) == '"lib/thing.quire"' and
          any(r["location"]["uri"] == library for r in found[0]["relatedInformation"]), "an error in an import", found)
    with s.said:
        s.diagnostics.clear()
    s.change(library, {"text": LIBRARY})
    check(s.problems(uri) == [] and s.problems(library) == [], "mended in the other document")
    s.tell("textDocument/didClose", {"textDocument": {"uri": library}})
    untitled = "untitled:Untitled-1"
    s.open(untitled, "thread t { }\n")
    check(s.problems(untitled) == [], "a text that is in no file")
    s.end()


def questions(folder):
    s = Server(folder)
    uri, library = (folder / "spec.quire").as_uri(), (folder / "lib/thing.quire").as_uri()
    s.open(uri, SPEC)
    check(s.problems(uri) == [], "no problems", s.problems(uri))
    hover = lambda *where: (s.result("textDocument/hover", at(uri, SPEC, *where)) or {"contents": {"value": ""}})["contents"]["value"]
    for where, wanted in ((("left = thing", 0, 1), "int left"), (("count - 1", 0, 1), "How many hold it."),
                          (("get_thing(the", 0, 1), "Takes one more."), (("HOLDERS]", 0, 0), "const HOLDERS = 2"),
                          (("the_thing)", 0, 3), "struct thing *the_thing"), (("BUSY; }", 0, 0), "BUSY"),
                          (("COUNT_OF(", 0, 2), "#define COUNT_OF(t)"), (("holder)", 0, 0), "thread holder[HOLDERS]"),
                          (("nothing_left;", 0, 0), "None is lost."), (("done)", 0, 0), "done:"),
                          (("put_thing(the", 0, 0), "Gives one back."), (("thing *thing", 1, 1), "struct thing"),
                          (("t, done", 0, 0), "thread_t t")):
        check(wanted in hover(*where), f"hover over {where[0]} has {wanted}", hover(*where))
    check("variant whole" in hover("put_thing(the"), "hover names the variant", hover("put_thing(the"))
    check(s.result("textDocument/hover", at(uri, SPEC, "== BUSY", 0, 0)) is None, "no hover over an operator")
    span = s.result("textDocument/hover", at(uri, SPEC, "left = thing"))["range"]
    check(piece(SPEC, span) == "left", "the range of a hover behind two emojis", span)

    def definition(*where):
        return [(d["uri"], d["range"]["start"]) for d in s.result("textDocument/definition", at(uri, SPEC, *where))]

    check(definition("get_thing(the") == [(library, place(LIBRARY, "get_thing"))], "definition across an import")
    check(definition("count - 1") == [(library, place(LIBRARY, "count;"))], "definition of a member")
    check(definition('"lib/thing', 0, 3) == [(library, {"line": 0, "character": 0})], "definition of an import")
    check(definition("put_thing(the") == [(uri, place(SPEC, "put_thing")), (uri, place(SPEC, "put_thing", 2))],
          "definition in the file and in the variant", definition("put_thing(the"))
    check(definition("COUNT_OF(") == [(library, place(LIBRARY, "COUNT_OF"))], "definition of a macro")
    check(definition("out;", 0, 0) == [(uri, place(SPEC, "out:"))], "definition of a label")
    check(definition("left == 0") == [(uri, place(SPEC, "left;"))], "definition of a local")
    check(definition("return left") == [], "no definition of a word")

    def references(what, declared=True, path=uri, text=SPEC):
        where = dict(at(path, text, *what), context={"includeDeclaration": declared})
        return sorted((r["uri"], r["range"]["start"]["line"], r["range"]["start"]["character"])
                      for r in s.result("textDocument/references", where))

    check(len(references(("left;",))) == 4 and len(references(("left;",), False)) == 3, "references of a local")
    count = references(("count;",), True, library, LIBRARY)
    check(len([r for r in count if r[0] == uri]) == 5 and len([r for r in count if r[0] == library]) == 3 and
          len([r for r in count if "other" in r[0]]) == 1, "references of a member, in three files", count)
    check(references(("count - 1",)) == count, "the same from a use")
    lit = s.result("textDocument/documentHighlight", at(uri, SPEC, "phase phase", 0, 7))
    check(all(piece(SPEC, h["range"]) == "phase" for h in lit) and len(lit) == 3, "highlights", lit)

    symbols = s.result("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    names = [x["name"] for x in symbols]
    check(names == ["HOLDERS", "the_thing", "phase", "phase", "put_thing", "holder", "nothing_left", "sane", "whole"], "symbols", names)
    check([x["name"] for x in symbols[-1]["children"]] == ["put_thing"], "symbols of a variant")
    for x in symbols:
        inside = x["range"]["start"]["line"] <= x["selectionRange"]["start"]["line"] <= x["range"]["end"]["line"]
        check(inside and piece(SPEC, x["selectionRange"]) == x["name"], "where a symbol stands", x)
    check(len(s.result("textDocument/documentSymbol", {"textDocument": {"uri": library}})) == 2, "symbols of a file that is not open")
    s.end()

    s = Server(folder, capabilities={})
    s.open(uri, SPEC)
    flat = s.result("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    check(all("location" in x for x in flat) and flat[-1]["containerName"] == "whole", "symbols for a simple editor")
    plain = s.result("textDocument/hover", at(uri, SPEC, "left = thing"))["contents"]
    check(plain["kind"] == "plaintext" and "```" not in plain["value"], "hover for a simple editor")
    s.end()


def completion(folder):
    s = Server(folder)
    uri = (folder / "spec.quire").as_uri()
    s.open(uri, SPEC)

    text = SPEC.replace("\tthing->count = left;", "\tthing->\n\tthing->count = left;")
    s.change(uri, {"text": text})
    names = lambda marker, inside: [c["label"] for c in s.result("textDocument/completion",
                                                                 at(uri, text, marker, 0, inside))]
    check(names("thing->\n", 7) == ["count", "dead"], "members behind ->", names("thing->\n", 7))
    text = SPEC.replace("\tthing->count = left;", "\tint other = le\n\tthing->count = left;")
    s.change(uri, {"text": text})
    found = names("other = le\n", 10)
    check({"left", "thing", "HOLDERS", "get_thing", "BUSY", "alloc", "the_thing", "NULL"} <= set(found), "names in a body", found)
    check("put_thing" in found and "quire_completes_here" not in found, "no word of ours", found)
    for typed, wanted in (("expect violation of ", {"nothing_left", "use_after_free"}), ("expect covered ", {"held"}),
                          ("variant more : ", {"base", "whole"}), ("struct ", {"thing"}), ("expect ", {"pass", "violation"}),
                          ("allow ", {"deadlock"}), ("invariant i: the_thing->", {"count", "dead"}),
                          ("invariant i: forall (t : ", {"holder"}), ('import "lib/', {"thing.quire"}), ('import "', {"lib/"}),
                          ("", {"thread", "struct", "invariant"})):
        text = SPEC + typed
        s.change(uri, {"text": text})
        end = {"textDocument": {"uri": uri}, "position": place(text + "\n", "\n", text.count("\n"))}
        found = {c["label"] for c in s.result("textDocument/completion", end)}
        check(wanted <= found, f"behind '{typed}'", sorted(found)[:40])
    text = SPEC + "// the_th"
    s.change(uri, {"text": text})
    check(s.result("textDocument/completion", at(uri, text, "// the_th", 0, 9)) == [], "nothing in a comment")
    s.end()


def renaming(folder):
    s = Server(folder)
    uri, library, other = ((folder / f).as_uri() for f in ("spec.quire", "lib/thing.quire", "other.quire"))
    s.open(uri, SPEC)
    check(s.problems(uri) == [], "no problems")

    def renamed(where, name):
        answer = s.result("textDocument/rename", dict(at(uri, SPEC, *where), newName=name)) or {"documentChanges": []}
        return {c["textDocument"]["uri"]: c["edits"] for c in answer["documentChanges"]}

    ready = s.result("textDocument/prepareRename", at(uri, SPEC, "count - 1"))
    check(ready["placeholder"] == "count" and piece(SPEC, ready["range"]) == "count", "prepareRename", ready)
    check(s.result("textDocument/prepareRename", at(uri, SPEC, "== BUSY")) is None, "nothing to rename")
    s.error("textDocument/prepareRename", at(uri, SPEC, "COUNT_OF("), -32803)
    edits = renamed(("count - 1",), "held_by")
    check(set(edits) == {uri, library, other}, "a member is renamed in three files", sorted(edits))
    texts = {uri: SPEC, library: LIBRARY, other: (folder / "other.quire").read_text()}
    after = {u: applied(texts[u], e) for u, e in edits.items()}
    check("count" not in after[other] and "->held_by)" in after[library] and "count" not in after[uri], "what is renamed", after)
    again = work / "renamed"
    (again / "lib").mkdir(parents=True, exist_ok=True)
    for u, name in ((uri, "spec.quire"), (library, "lib/thing.quire"), (other, "other.quire")):
        (again / name).write_text(after[u])
    run = subprocess.run([quire, "check", "--out", "", str(again)], capture_output=True, text=True)
    check(run.returncode == 0, "the renamed specs check", run.stdout, run.stderr)
    for where, name, places in ((("put_thing(the",), "drop", 3), (("left;",), "rest", 4), (("nothing_left;",), "empty", 2),
                                (("whole \"",), "one_step", 1), (("phase phase", 0, 0), "stage", 2), (("done)",), "over", 2),
                                (("holder)",), "user", 2), (("HOLDERS]",), "USERS", 2), (("out;",), "end", 2),
                                (("\"held\"", 0, 2), "kept", 1), (("t, done",), "who", 2), (("BUSY;", 0, 1), "BUSILY", 3)):
        edits = renamed(where, name)
        found = sum(len(e) for e in edits.values())
        check(set(edits) == {uri} and found == places, f"{name} at {places} places", edits)
        if set(edits) == {uri}:
            (again / "spec.quire").write_text(applied(SPEC, edits[uri]))
            (again / "lib/thing.quire").write_text(LIBRARY)
            run = subprocess.run([quire, "check", "--out", "", str(again / "spec.quire")], capture_output=True, text=True)
            check(run.returncode == 0, f"the spec with {name} checks", run.stdout, run.stderr)
    check(renamed(("left;",), "left") == {}, "to the same name")
    for where, name in ((("left;",), "1left"), (("left;",), ""), (("left;",), "while"), (("left;",), "thing"),
                        (("the_thing)",), "put_thing"), (("HOLDERS]",), "BUSY")):
        s.error("textDocument/rename", dict(at(uri, SPEC, *where), newName=name), -32803)
    s.change(uri, {"text": SPEC + "invariant broken: nothing;\n"})
    s.error("textDocument/rename", dict(at(uri, SPEC, "left;"), newName="rest"), -32803)
    s.end()


def formatting(folder):
    s = Server(folder)
    for name, text in (("a.quire", "int x;\n\n\n\nthread t { /* \U0001F600 */  x=1;  // why\n}\n"), ("b.quire", "int  x;\r\nthread t{x=1;}\r\n"),
                       ("c.quire", ""), ("d.quire", "thread t { }")):
        uri = (folder / name).as_uri()
        s.open(uri, text)
        edits = s.result("textDocument/formatting", {"textDocument": {"uri": uri}, "options": {"tabSize": 8, "insertSpaces": False}})
        wanted = subprocess.run([quire, "fmt", "-"], input=text.encode(), capture_output=True).stdout.decode()
        check(applied(text, edits) == wanted, "formatting is quire fmt", applied(text, edits), wanted)
    s.open(uri, "int x; /* no end")
    s.error("textDocument/formatting", {"textDocument": {"uri": uri}, "options": {}}, -32803)
    s.end()


ENDLESS = """int a; int b; int c; int d;
thread one { while (true) { a = a + 1; if (a > 3000) a = 0; } }
thread two { while (true) { b = b + 1; if (b > 3000) b = 0; } }
thread three { while (true) { c = c + 1; if (c > 3000) c = 0; } }
allow endless_loop;
invariant never: a >= 0;
"""


def lenses(folder):
    s = Server(folder)
    uri = (folder / "spec.quire").as_uri()
    s.open(uri, SPEC)
    check(s.problems(uri) == [], "no problems")
    lens = lambda u=uri: s.result("textDocument/codeLens", {"textDocument": {"uri": u}})
    found = lens()
    check([x["command"]["title"] for x in found] == ["check this variant"] * 2, "lenses", found)
    check([x["range"]["start"]["line"] for x in found] == [SPEC[:SPEC.index(m)].count("\n") for m in ("expect violation", "variant whole")],
          "where lenses stand", found)
    run = lambda variant, u=uri: {"command": "quire.check", "arguments": [u, variant]}
    answer = s.result("workspace/executeCommand", dict(run("whole"), workDoneToken="mine"))
    check(answer["verdict"] == "as expected" and answer["states"] > 5 and "pass" in answer["title"], "a verdict", answer)
    kinds = []
    while not s.notes.empty():
        note = s.notes.get()
        if note["method"] == "$/progress" and note["params"]["token"] == "mine":
            kinds.append(note["params"]["value"]["kind"])
    check(kinds[:1] == ["begin"] and kinds[-1:] == ["end"], "progress", kinds)
    check(any(r["method"] == "workspace/codeLens/refresh" for r in s.requests), "lenses are refreshed")
    answer = s.result("workspace/executeCommand", run("base"))
    check(answer["verdict"] == "as expected" and answer["expectations"][0]["judgement"] == "met", "a found violation is expected", answer)
    titles = [x["command"]["title"] for x in lens()]
    check(all(t.startswith("as expected") for t in titles), "verdicts inline", titles)
    check("violation of nothing_left" in titles[0], "which", titles)
    # Not as expected: told at the line, with the steps.
    text = SPEC.replace("expect violation of nothing_left;", "expect pass;")
    s.change(uri, {"text": text})
    check(all(t["command"]["title"].startswith("check this variant (before the last edit") for t in lens()), "older verdicts say so", lens())
    answer = s.result("workspace/executeCommand", run("base"))
    check(answer["verdict"] == "not as expected" and "nothing_left" in answer["title"] and "nothing_left" in answer["report"], "a bug", answer)
    bug = [d for d in s.problems(uri) if d["code"] == "not-as-expected"]
    deadline = time.monotonic() + 20
    while not bug and time.monotonic() < deadline:
        time.sleep(0.05)
        bug = [d for d in s.problems(uri) if d["code"] == "not-as-expected"]
    check(len(bug) == 1 and piece(text, bug[0]["range"]) == "expect pass;" and len(bug[0]["relatedInformation"]) > 3,
          "the bug is a diagnostic with its steps", bug)
    check(s.result("workspace/executeCommand", {"command": "quire.report", "arguments": [uri, "base"]}) == answer["report"], "the report")
    s.change(uri, {"text": SPEC})
    check(s.problems(uri) == [], "a bug of an earlier text is gone")
    s.change(uri, {"text": text})
    check([d["code"] for d in s.problems(uri)] == ["not-as-expected"], "and there again with that text")
    s.error("workspace/executeCommand", run("nobody"), -32803)
    s.error("workspace/executeCommand", {"command": "rm", "arguments": []}, -32602)
    s.error("workspace/executeCommand", {"command": "quire.check"}, -32602)
    s.change(uri, {"text": text + "nonsense"})
    answer = s.result("workspace/executeCommand", run("base"))
    check(answer["verdict"] == "not checked" and "error" in answer["report"], "a spec with errors", answer)

    # What takes long blocks nobody, and is cancelled.
    endless = (folder / "endless.quire").as_uri()
    s.open(endless, ENDLESS)
    check(s.problems(endless) == [], "the long one has no errors", s.problems(endless))
    number = s.start("workspace/executeCommand", run("base", endless))
    begin = time.monotonic()
    s.change(uri, {"text": SPEC})
    check(s.problems(uri) == [], "typing goes on")
    check(time.monotonic() - begin < 10, "typing goes on at once", time.monotonic() - begin)
    check(lens(endless)[0]["command"]["command"] == "quire.stop", "a lens that stops it", lens(endless))
    s.tell("$/cancelRequest", {"id": number})
    answer = s.answer(number, 60)
    check((answer or {}).get("error", {}).get("code") == -32800, "a check is cancelled", answer)
    check(lens(endless)[0]["command"]["title"] == "check this variant", "after that nothing runs", lens(endless))
    number = s.start("workspace/executeCommand", run("base", endless))
    s.result("workspace/executeCommand", {"command": "quire.stop", "arguments": [endless, "base"]})
    answer = s.answer(number, 60)
    check((answer or {}).get("result", {}).get("verdict") == "cancelled", "stopped by the lens", answer)
    first, second = s.start("workspace/executeCommand", run("base", endless)), s.start("workspace/executeCommand", run("base", endless))
    check((s.answer(first, 60) or {}).get("result", {}).get("verdict") == "cancelled", "the later one takes its place")
    s.tell("textDocument/didClose", {"textDocument": {"uri": endless}})
    check((s.answer(second, 60) or {}).get("result", {}).get("verdict") == "cancelled", "closing stops it")
    # A request that is cancelled while others are before it.
    ids = [s.start("textDocument/references", dict(at(uri, SPEC, "count - 1"), context={"includeDeclaration": True})) for _ in range(30)]
    s.tell("$/cancelRequest", {"id": ids[-1]})
    answers = [s.answer(i) for i in ids]
    check(all("result" in (a or {}) for a in answers[:1]), "requests before it are answered")
    check("result" in answers[-1] or answers[-1]["error"]["code"] == -32800, "the last is answered or cancelled", answers[-1])
    s.open(endless, ENDLESS)
    number = s.start("workspace/executeCommand", run("base", endless))
    begin = time.monotonic()
    s.result("shutdown", None)
    check((s.answer(number, 20) or {}).get("error", {}).get("code") == -32800, "shutdown answers what is under way")
    s.end(shutdown=False)
    check(time.monotonic() - begin < 20, "shutdown waits for nobody")


def processor_time(process):
    """Of all its threads, in seconds; nothing where the system does not count that."""
    try:
        return sum(int(p.read_text().split()[0]) for p in pathlib.Path(f"/proc/{process.pid}/task").glob("*/schedstat")) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def speed():
    """Every spec and every file of the library: opened, told of, and without an error of ours."""
    s = Server(top)
    slowest, busiest, over = (0, ""), (0, ""), 0
    paths = [p for folder in ("specs", "models") for p in sorted(top.glob(folder + "/**/*.quire")) if p.is_file()]
    for path in paths:
        text = path.read_text()
        uri = path.as_uri()
        begin, before = time.monotonic(), processor_time(s.process)
        s.open(uri, text)
        found = s.problems(uri)
        busiest = max(busiest, (processor_time(s.process) - before, str(path.relative_to(top))))
        took = s.diagnostics[uri][2] - begin
        slowest = max(slowest, (took, str(path.relative_to(top))))
        # Some models want a constant or a pool of whoever imports them.
        errors = [f for f in found if f["severity"] == 1 and not path.is_relative_to(top / "models")]
        check(not errors, "no error in " + str(path), errors)
        s.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
        over += took > 0.05
    # The promise is 50 ms on a machine that is not busy with other things. What a busy one takes says little, so twice that much
    # work of the processor is what fails; a build with sanitizers says so by its environment.
    print("first diagnostics of %d files: slowest %.1f ms (%s), %d over 50 ms; at most %.1f ms of work (%s)" %
          (len(paths), 1000 * slowest[0], slowest[1], over, 1000 * busiest[0], busiest[1]))
    check(busiest[0] < (0.1 if "QUIRE_SLOW_BUILD" not in os.environ else 5), "first diagnostics", busiest)
    s.end()


def main():
    folder = files()
    only = sys.argv[4:]
    for test in (protocol, typing, questions, completion, renaming, formatting, lenses, speed):
        if only and test.__name__ not in only:
            continue
        try:
            test(folder) if test.__code__.co_argcount else test()
        except Exception as error:
            import traceback
            traceback.print_exc()
            check(False, f"{test.__name__}: {error!r}")
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] != 0)


main()
