#!/usr/bin/env python3
"""A server of completions whose latencies are known: prompts name them. Prints the port that it listens on.

A prompt such as "20 ms, then 5 ms" gets its first token 20 ms after the request has come, the others 5 ms apart.
GET /answers tells what came of that, since it was last asked: of each answer, who asked (the field "user" of the
request) and when each token was written, in seconds from the request's coming.
"""
import http.server
import json
import time


class Script(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answers = []

    def parse_request(self):
        self.came = time.perf_counter()
        return super().parse_request()

    def do_GET(self):
        if self.path == "/answers":
            answers, Script.answers = Script.answers, []
            self.answer(answers)
        else:
            self.answer({"data": [{"id": "scripted"}]})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = request["prompt"].split()
        if self.path == "/tokenize":
            self.answer({"tokens": list(range(len(words))), "count": len(words)})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        first, gap, tokens = float(words[0]) / 1e3, float(words[3]) / 1e3, request["max_tokens"]
        written = []
        for token in range(tokens):
            due = self.came + first + token * gap
            time.sleep(max(0, due - time.perf_counter()))
            written.append(time.perf_counter() - self.came)
            reason = "length" if token == tokens - 1 else None
            self.event(json.dumps({"choices": [{"index": 0, "text": " on", "finish_reason": reason}]}))
        Script.answers.append((request.get("user"), written))
        self.event(json.dumps({"choices": [], "usage": {"prompt_tokens": len(words), "completion_tokens": tokens}}))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, data):
        event = f"data: {data}\n\n"
        self.wfile.write(f"{len(event):x}\r\n{event}\r\n".encode())

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Script)
    print(server.server_port, flush=True)
    server.serve_forever()
