#!/usr/bin/env python3
"""Streamed completions at a steady pace, with a clock of its own: a check on other clients. One request at a time.

usage: client.py URL MODEL PROMPTS.jsonl OUTPUT_TOKENS SECONDS_BETWEEN START WARM_UPS

Sends the first WARM_UPS prompts at once, then each prompt of the file when it is due, the first at START (seconds since
1970). Prints a line of JSON for each: seconds from when it was due to the sending, and to each event with text.
"""
import json
import socket
import sys
import time
import urllib.parse


def ask(connection, request):
    """Sends one request; returns when it was sent and when each event with text arrived."""
    sent = time.perf_counter()
    connection.sendall(request)
    pending, arrivals = b"", []
    while True:
        received = connection.recv(65536)
        now = time.perf_counter()
        if not received:
            sys.exit("the server closed the connection")
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            if line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 200"):
                sys.exit(line.decode())
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["text"]:
                    arrivals.append(now)
        # The last chunk of the body is empty.
        if lines and lines[-1] == b"\r" and pending == b"" and b"0\r" in lines[-3:]:
            return sent, arrivals


def main():
    url, model, prompts, tokens, pace, start, warm_ups = sys.argv[1:]
    address = urllib.parse.urlsplit(url)
    requests = []
    for line in open(prompts, encoding="utf-8"):
        body = json.dumps({"model": model, "prompt": json.loads(line)["prompt"], "max_tokens": int(tokens),
                           "temperature": 0, "stream": True, "ignore_eos": True})
        requests.append((f"POST /v1/completions HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json"
                         f"\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
    connection = socket.create_connection((address.hostname, address.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for request in requests[:int(warm_ups)]:
        ask(connection, request)
    start = float(start) - time.time() + time.perf_counter()
    for number, request in enumerate(requests):
        due = start + number * float(pace)
        time.sleep(max(0, due - time.perf_counter()))
        sent, arrivals = ask(connection, request)
        print(json.dumps({"sent": sent - due, "arrivals": [arrival - due for arrival in arrivals]}))


if __name__ == "__main__":
    main()
